// A process with a step in which something is thrown that nobody catches. Tells what the step's failure was.
import { withinLimit } from "../../src/step-limit.ts";

const step = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("uncaughtException", () => setImmediate(resolve));
    setImmediate(() => {
      throw new Error("stray");
    });
  });
withinLimit(step, 60_000).catch(({ message }: Error) => process.send?.(message));
