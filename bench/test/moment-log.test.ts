import { expect, it } from "vitest";
import type { Moments } from "../src/processes/messages.ts";
import { MomentLog } from "../src/processes/moment-log.ts";

function logOf(everyMs: number) {
  const handedOn: { begun: readonly number[]; finished: readonly number[] }[] = [];
  const log = new MomentLog(everyMs, (begun: Moments, finished: Moments) => {
    expect([begun.at.length, finished.at.length]).toEqual([begun.jobs.length, finished.jobs.length]);
    handedOn.push({ begun: begun.jobs, finished: finished.jobs });
  });
  return { log, handedOn };
}

it("hands on every moment at once when nothing is gathered", () => {
  const { log, handedOn } = logOf(0);
  log.begun(7);
  log.finished(7);
  expect(handedOn).toEqual([
    { begun: [7], finished: [] },
    { begun: [], finished: [7] },
  ]);
});

it("gathers until it is flushed, and has nothing more to tell then", () => {
  const { log, handedOn } = logOf(3_600_000);
  log.begun(1);
  log.begun(2);
  log.finished(1);
  expect(handedOn).toEqual([]);
  log.flush();
  log.flush();
  expect(handedOn).toEqual([{ begun: [1, 2], finished: [1] }]);
});
