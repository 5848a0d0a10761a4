import { errorText } from "./history/error-text.ts";

/** How many different errors of one case are told. */
const MOST_TEXTS = 3;

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
    const times = Map.groupBy(this.#gathered.splice(0), errorText);
    if (times.size === 0) return undefined;
    const texts = [...times].map(([text, { length }]) => (length > 1 ? `${text} (${length} times)` : text));
    const [told, more] = [texts.slice(0, MOST_TEXTS), texts.length - MOST_TEXTS];
    const others = more > 0 ? `, and ${more} more` : "";
    return `An error was thrown outside of any call, which would have ended the process: ${told.join("; ")}${others}`;
  }

  [Symbol.dispose](): void {
    process.off("uncaughtException", this.#hear);
    process.off("unhandledRejection", this.#hear);
  }
}
