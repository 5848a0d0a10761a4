import { perSecond } from "./statistics.ts";
import type { Subject } from "./subject.ts";

/** Jobs per second in a store that holds `backlog` waiting jobs already. */
export interface Flatness {
  readonly backlog: number;
  readonly add: number;
  readonly drain: number;
}

const SAMPLE = 20_000;
const BULK = 1000;

/** Adds to, and drains from, stores of growing size: a queue should not notice how much is waiting. */
export async function measureFlatness(
  subject: Subject,
  backlogs: readonly number[],
  sample = SAMPLE,
): Promise<Flatness[]> {
  const rows: Flatness[] = [];
  for (const backlog of backlogs) {
    const session = await subject.open();
    for (let n = 0; n < backlog; n += BULK) await session.addMany(Math.min(BULK, backlog - n));
    const addStart = performance.now();
    for (let n = 0; n < sample; n += BULK) await session.addMany(BULK);
    const addMs = performance.now() - addStart;
    const drainStart = performance.now();
    const done = await session.drain(false);
    rows.push({ backlog, add: perSecond(sample, addMs), drain: perSecond(done, performance.now() - drainStart) });
    await session.close();
  }
  return rows;
}
