import { randomBytes } from "node:crypto";
import type { Case, Scenario } from "../scenario.ts";
import { onStore, shareOf } from "../subject.ts";
import { rateOfAdding } from "./adding.ts";
import { rateOfDrain } from "./draining.ts";

const SIZES = [10, 100, 1000, 10_000, 100_000];
const JOBS = 20_000;
/** All payloads together, so that a run with large ones ends. */
const BYTES = 100_000_000;
const CALLERS = 50;

/** What larger payloads cost. */
export const payload: Scenario = {
  name: "payload",
  about: "jobs per second by the size of their payloads, in one process; the ratio is to the smallest",
  isLong: true,
  baseline: { parameter: "bytes" },
  plot: { kind: "curve", over: "bytes" },
  suits: () => true,
  cases: ({ smoke }) =>
    (smoke ? [10, 10_000] : SIZES).map((bytes): Case => ({
      parameters: { bytes },
      metrics: { "add×50": "jobs/s", "drain best": "jobs/s" },
      run: async (subject) => {
        const jobs = shareOf(subject, smoke ? 200 : Math.min(JOBS, BYTES / bytes));
        const padding = paddingOf(bytes);
        return {
          "add×50": await onStore(subject, (session) => rateOfAdding(session, { callers: CALLERS, jobs, padding })),
          "drain best": await onStore(subject, (session) => rateOfDrain(session, jobs, { padding })),
        };
      },
    })),
};

/** A text without repetitions, so that the compression of databases, which looks for them, gains nothing. */
function paddingOf(bytes: number): string {
  return randomBytes(bytes).toString("base64").slice(0, bytes);
}
