import { humanDuration } from "../output/durations.ts";

const BAR = 30;

/** A text and a progress bar at the end of a terminal, drawn over each time. */
export class LiveFrame {
  readonly #stream: NodeJS.WriteStream;
  #total = 0;
  #done = 0;
  #startedAt = performance.now();
  #lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(total: number): void {
    this.#total = total;
    this.#startedAt = performance.now();
  }

  /** One step more is done. */
  advance(): void {
    this.#done++;
  }

  /** As much of the text as there is room for, and below it the bar with a remark, whose further lines follow. */
  draw(text: string, remark: string): void {
    // Some that pass for a terminal say that they have no room at all.
    const columns = this.#stream.columns || 80;
    const rows = this.#stream.rows || 24;
    const above = text === "" ? [] : [...text.split("\n").slice(0, Math.max(0, rows - 4)), ""];
    const lines = [...above, ...`${this.#bar()} ${remark}`.split("\n")].map((line) => cut(line, columns - 1));
    this.#stream.write(`${this.#up()}${lines.join("\n")}\n`);
    this.#lines = lines.length;
  }

  clear(): void {
    this.#stream.write(this.#up());
    this.#lines = 0;
  }

  #up(): string {
    return this.#lines === 0 ? "" : `\u001B[${this.#lines}A\u001B[0J`;
  }

  #bar(): string {
    const share = this.#total === 0 ? 0 : this.#done / this.#total;
    const full = Math.round(share * BAR);
    const elapsed = humanDuration(performance.now() - this.#startedAt);
    const bar = "█".repeat(full) + "░".repeat(BAR - full);
    return `${bar} ${Math.floor(share * 100)}% ${this.#done}/${this.#total} ${elapsed}`;
  }
}

/** Wide characters are not among them, so that a character is a column. */
function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
