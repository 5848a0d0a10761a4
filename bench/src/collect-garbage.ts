import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Removes what is dead from the heap, so that what one subject left behind is not collected on the time of the next. */
export function collectGarbage(): void {
  collect ??= exposed();
  collect();
}

/** V8's own, also where the process was not started with `--expose-gc`: a context that is made after it has it. */
function exposed(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
