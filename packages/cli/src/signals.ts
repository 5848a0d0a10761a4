import { exitCodeOf } from "./exit-code.ts";

/** What was done about a signal so far. */
export interface Interruption extends Disposable {
  /** Aborts with the first SIGINT or SIGTERM; `reason` is its name. */
  readonly signal: AbortSignal;
}

/** Lets a long task end in good order at the first SIGINT or SIGTERM. The second one ends the process at once. */
export function onInterruption(beforeExit: () => void = () => undefined): Interruption {
  const controller = new AbortController();
  const hear = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) return controller.abort(name);
    beforeExit();
    process.exit(exitCodeOf(name));
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
  };
}
