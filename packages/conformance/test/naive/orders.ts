import type { Row, World } from "./world.ts";

export function sorted(world: World, compare: (a: Row, b: Row) => number): Row[] {
  return [...world.rows.values()].sort(compare);
}

export function byPoll(a: Row, b: Row): number {
  return a.job.priority - b.job.priority || a.job.runAt - b.job.runAt || a.inserted - b.inserted;
}

export function byInsertion(a: Row, b: Row): number {
  return a.inserted - b.inserted;
}

export function byTouch(a: Row, b: Row): number {
  return a.touched - b.touched;
}

export function byEnd(a: Row, b: Row): number {
  return (a.job.finishedAt ?? 0) - (b.job.finishedAt ?? 0) || a.finished - b.finished;
}

export function byLeaseEnd(a: Row, b: Row): number {
  return (a.job.lease?.until ?? 0) - (b.job.lease?.until ?? 0);
}
