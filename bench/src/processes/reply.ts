import type { ChildProcess } from "node:child_process";
import { endOf } from "./children.ts";

/** The next message of a process that fits. @throws Error if it ends, or has ended, without one. */
export function reply<T>(child: ChildProcess, fits: (message: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve, reject) => {
    const listen = (message: T): void => {
      if (fits(message)) settle(() => resolve(message));
    };
    const fail = (): void => {
      // Its end may be known before what it said last, behind which its channel is closed.
      if (child.connected) child.once("disconnect", fail);
      else settle(() => reject(endedByItself(child)));
    };
    const settle = (how: () => void): void => {
      child.off("message", listen).off("exit", fail).off("disconnect", fail);
      how();
    };
    child.on("message", listen);
    if (endOf(child) === undefined) child.on("exit", fail);
    else fail();
  });
}

/** What is told of a process that nobody had asked to end. */
export function endedByItself(child: ChildProcess): Error {
  return new Error(`A process ended by itself (${endOf(child)}).`);
}
