import { exitCodeOf } from "./exit-code.ts";

/** What was done about a signal so far. */
export interface Interruption extends Disposable {
  /** Aborts with the first signal to end; `reason` is its name. */
  readonly signal: AbortSignal;
}

/** Ctrl-C, a service manager, and a terminal that was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Lets a long task end in good order at the first such signal. The second one ends the process at once. */
export function onInterruption(beforeExit: () => void = () => undefined): Interruption {
  const controller = new AbortController();
  const hear = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) return controller.abort(name);
    beforeExit();
    process.exit(exitCodeOf(name));
  };
  for (const name of SIGNALS) process.on(name, hear);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, hear);
    },
  };
}
