import type { EventEmitter } from "node:events";
import { warn } from "../warn.ts";

/** Tells an error to whoever listens for `error`; with nobody there it becomes a process warning, never a crash. */
export function reportError(emitter: EventEmitter<{ error: [unknown] }>, error: unknown): void {
  if (emitter.listenerCount("error") > 0) {
    try {
      emitter.emit("error", error);
      return;
    } catch {
      // Its own listener threw; the warning below is the last resort.
    }
  }
  warn(error);
}
