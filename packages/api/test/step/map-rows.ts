import { byCodePoint, type Hint, isInLine, isOutdated } from "@anyqueue/api";
import { type EventRow, inStep, type JobRow, type LaneRow, type Rows, runSync } from "@anyqueue/api/step";
import type { Step, Work } from "@anyqueue/api/step";

/** A store in maps, which answers at once: as little as a step can do with. */
export function mapRows() {
  const jobs = new Map<string, JobRow>();
  const lanes = new Map<string, LaneRow>();
  const events: EventRow[] = [];
  const hints: Hint[] = [];
  let counter = 0;

  const some = (wanted: (row: JobRow) => boolean): JobRow[] =>
    [...jobs.values()].filter(wanted).map((row) => structuredClone(row));
  const waitingFor = (ids: readonly string[]) => some(({ missing }) => missing.some((id) => ids.includes(id)));
  const isOpen = ({ turn, job }: JobRow, lane: string, from: string) =>
    turn && job.lane === lane && job.state === from && !job.lease;
  const isSpare = (id: string) =>
    some(({ job }) => !job.finishedAt && job.dependsOn?.includes(id) === true).length === 0;
  const lineOf = ({ job }: JobRow) => (isInLine(job) ? `${job.lane}:${job.orderingKey}` : null);
  const first = (times: readonly number[]) => (times.length === 0 ? null : Math.min(...times));
  const remove = (ids: readonly string[]) => ids.forEach((id) => jobs.delete(id));

  const rows: Rows = {
    begin: () => ({ counter, lanes: [...lanes.values()] }),
    save: (row) => void jobs.set(row.id, structuredClone(row)),
    log: (row) => void events.push(row),
    saveLane: (row) => lanes.set(row.lane, row),
    saveCounter: (value) => (counter = value),
    tell: (told) => hints.push(...told),
    byId: (ids) => some(({ id }) => ids.includes(id)),
    byKey: (keys) => some(({ key }) => key !== null && keys.includes(key)),
    waitingFor,
    waitingBehind: (ids) => {
      const behind = new Set<string>();
      for (let next = [...ids]; next.length > 0;) {
        next = waitingFor(next).flatMap(({ id }) => (behind.has(id) ? [] : id));
        for (const id of next) behind.add(id);
      }
      return some(({ id }) => behind.has(id));
    },
    overdue: (among, now, limit) =>
      some(({ job }) => among.includes(job.lane) && job.lease !== undefined && job.lease.until <= now).slice(0, limit),
    open: (lane, { from = "waiting" }, now, limit) =>
      some((row) => isOpen(row, lane, from) && row.job.runAt <= now)
        .toSorted((a, b) => a.job.priority - b.job.priority || a.job.runAt - b.job.runAt || a.seq - b.seq)
        .slice(0, limit ?? Infinity),
    due: (among, from) =>
      among.map((lane) => {
        const ends = some(({ job }) => job.lane === lane).flatMap(({ job }) => job.lease?.until ?? []);
        const starts = some((row) => isOpen(row, lane, from)).map(({ job }) => job.runAt);
        return { lane, leases: ends.length, endAt: first(ends), dueAt: first(starts) };
      }),
    unfinished: (lane) => some(({ job }) => job.lane === lane && job.finishedAt === undefined).length,
    outdated: (query, now) =>
      some(({ id, job }) => (query.lane ?? job.lane) === job.lane && isOutdated(job, query, 1, now) && isSpare(id)),
    linesOf: (lane) => some(({ job }) => job.lane === lane).flatMap((row) => lineOf(row) ?? []),
    remove,
    removeSpare: (ids) => remove(ids.filter(isSpare)),
    freeKeys: (keys) => jobs.forEach((row) => row.key !== null && keys.includes(row.key) && (row.key = null)),
    giveTurns: (lines, turns) =>
      lines.flatMap((line, i) => {
        const inLine = [...jobs.values()].filter((row) => lineOf(row) === line);
        const order = inLine.toSorted((a, b) => Number(b.turn) - Number(a.turn) || a.seq - b.seq);
        const given = order.slice(0, turns[i]).filter(({ turn }) => !turn);
        for (const row of given) row.turn = true;
        return given.map(({ job }) => job.lane);
      }),
  };

  return {
    rows,
    events,
    hints,
    do: <T>(verb: (step: Step) => Work<T>, now = 0): T => runSync(inStep(rows, now, verb)),
    /** The states of all jobs that there are, by id. */
    states: () =>
      Object.fromEntries(
        [...jobs.values()].toSorted((a, b) => byCodePoint(a.id, b.id)).map(({ id, job }) => [id, job.state]),
      ),
  };
}
