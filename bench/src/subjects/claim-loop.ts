import { numberIn } from "../jobs.ts";
import type { Ran } from "../subject.ts";

/** A claimed row. */
export interface Row {
  readonly seq: string;
  readonly payload: string;
}

/** How many jobs a floor claims at once: as many as any queue here does in its best configuration, and more than ours. */
export const CLAIMED = 1000;

/** How many a floor claims at once for so many handlers: one at a time nothing ahead, else all it may. */
export function batchFor(concurrency?: number): number {
  return concurrency === 1 ? 1 : CLAIMED;
}

/** Finishes what was claimed before, and claims up to `limit` rows. */
export type Step = (done: readonly string[], limit: number) => Promise<readonly Row[]>;

/** Claims and finishes until nothing is left. */
export async function drainBy(step: Step, limit: number, ran: Ran): Promise<void> {
  let rows = await step([], limit);
  while (rows.length > 0) rows = await step(run(rows, ran), limit);
}

const LONGEST_SLEEP_MS = 1000;

/** A worker that claims and finishes until it is stopped, and sleeps while there is nothing. */
export function workBy(
  step: Step,
  limit: number,
  ran: Ran,
  finished: Ran = () => undefined,
): { wake(): void; stop(): Promise<void> } {
  let isStopped = false;
  let isWoken = false;
  let wake: () => void = () => (isWoken = true);
  const loop = (async () => {
    let done: string[] = [];
    let numbers: number[] = [];
    while (!isStopped) {
      isWoken = false;
      const rows = await step(done, limit);
      for (const n of numbers) finished(n);
      numbers = [];
      done = run(rows, (n) => {
        numbers.push(n);
        ran(n);
      });
      if (rows.length === 0 && !isStopped && !isWoken) await sleep();
    }
    await step(done, 0);
    for (const n of numbers) finished(n);
  })();
  return {
    wake: () => wake(),
    stop: () => {
      isStopped = true;
      wake();
      return loop;
    },
  };

  async function sleep(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, LONGEST_SLEEP_MS);
    });
    clearTimeout(timer);
    wake = () => (isWoken = true);
  }
}

function run(rows: readonly Row[], ran: Ran): string[] {
  for (const { payload } of rows) ran(numberIn(payload));
  return rows.map(({ seq }) => seq);
}
