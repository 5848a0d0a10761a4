import { errorText } from "./history/error-text.ts";

/**
 * Gathers errors that were thrown outside of any call, as in a timer or by a promise that nobody awaits. They would end the
 * process, and with it the run; a test runner does the same for its tests.
 */
export class Strays implements Disposable {
  readonly #gathered: unknown[] = [];
  readonly #hear = (error: unknown): unknown => this.#gathered.push(error);

  constructor() {
    process.on("uncaughtException", this.#hear);
    process.on("unhandledRejection", this.#hear);
  }

  /** What came since it was asked for last, in a sentence, or undefined. */
  async take(): Promise<string | undefined> {
    // An unhandled rejection is told a moment after it happened.
    await new Promise(setImmediate);
    const [first, ...more] = this.#gathered.splice(0);
    if (first === undefined) return undefined;
    const others = more.length > 0 ? `, and ${more.length} more` : "";
    return `An error was thrown outside of any call, which would have ended the process: ${errorText(first)}${others}`;
  }

  [Symbol.dispose](): void {
    process.off("uncaughtException", this.#hear);
    process.off("unhandledRejection", this.#hear);
  }
}
