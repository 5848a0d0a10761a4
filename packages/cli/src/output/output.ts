import type { Writable } from "node:stream";

/**
 * Where a command writes. Results go to standard output: text for people, or with `--json` one JSON value (JSON lines
 * where a command tells things as they happen). Notes and progress go to standard error, so that a pipe gets results only.
 */
export class Output {
  readonly json: boolean;
  readonly #stdout: Writable;
  readonly #stderr: Writable;

  constructor(json: boolean, stdout: Writable = process.stdout, stderr: Writable = process.stderr) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  /** The command's result: `data` for programs, `text` for people. */
  result(data: unknown, text: string): void {
    this.#stdout.write(this.json ? `${JSON.stringify(data)}\n` : text === "" ? "" : `${text}\n`);
  }

  /** One of many things that happen: a JSON line for programs; people read it among the notes. */
  event(data: unknown, text: string): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(data)}\n`);
    else this.note(text);
  }

  /** Something a person may want to know. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}
