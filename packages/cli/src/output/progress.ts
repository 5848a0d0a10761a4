import { Presets, SingleBar } from "cli-progress";
import { withThousands } from "./table.ts";

/** How far a long task has come. */
export interface Progress {
  /** What is going on, and of how much it is; without a total it just counts. */
  begin(title: string, total?: number): void;
  update(done: number, remark?: string): void;
  /** The task is done, or given up. */
  end(): void;
}

/** A bar where a person looks on, now and then a line where not. It writes to standard error. */
export function progressOn(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? new BarProgress(stream) : new LineProgress(stream);
}

class BarProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: SingleBar | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  begin(title: string, total?: number): void {
    this.end();
    const format =
      total === undefined
        ? `${title} {value} {remark}`
        : `${title} {bar} {percentage}% {value}/{total} {duration_formatted} {remark}`;
    this.#bar = new SingleBar(
      { format, stream: this.#stream, hideCursor: true, barsize: 30, gracefulExit: false },
      Presets.shades_classic,
    );
    this.#bar.start(total ?? 0, 0, { remark: "" });
  }

  update(done: number, remark?: string): void {
    this.#bar?.update(done, remark === undefined ? {} : { remark });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** Lines come at most this often, in milliseconds. */
const PERIOD = 2000;

class LineProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #title = "";
  #total: number | undefined;
  #saidAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  begin(title: string, total?: number): void {
    this.#title = title;
    this.#total = total;
    this.#saidAt = performance.now();
  }

  update(done: number, remark?: string): void {
    const now = performance.now();
    if (now - this.#saidAt < PERIOD) return;
    this.#saidAt = now;
    const total = this.#total === undefined ? "" : ` of ${withThousands(this.#total)}`;
    this.#stream.write(`${this.#title}: ${withThousands(done)}${total}${remark ? ` ${remark}` : ""}\n`);
  }

  end(): void {
    this.#title = "";
  }
}
