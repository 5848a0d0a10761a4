import type { Job, PollRequest, PollResult } from "../contract/index.ts";
import { advance, matches, matchesTypes, opensAt, roomIn } from "../semantics/index.ts";
import { takeOver, withStarts, wrongCursor } from "../semantics/index.ts";
import type { JobRow } from "./rows.ts";
import { sharesOf } from "./shares.ts";
import type { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/**
 * Takes due jobs, lane by lane, and those whose lease has ended (P6–P11, P15, P19). `round` is the number of this poll, so
 * that those that name no lane begin at another one each time.
 */
export function* poll(step: Step, request: PollRequest, round: number): Work<PollResult> {
  // A filter goes on until it has found enough, so there is never a place to go on from.
  if (request.after !== undefined) throw wrongCursor("poll");
  const { rows, now } = step;
  const { limit, lease, expired = 0, from = "waiting" } = request;
  const shares = sharesOf(request, [...step.lanes.keys()], round);
  const lanes = [...new Set(shares.map(({ lane }) => lane))];
  // Read first, so that it has none of those that this poll takes.
  const overdue = expired > 0 ? yield* ask(rows.overdue(lanes, now, expired)) : [];

  const jobs: Job[] = [];
  for (const share of shares) {
    const most = Math.min(share.limit, limit - jobs.length);
    if (most > 0) jobs.push(...(yield* take(step, request, share.lane, most)));
  }
  const rescued = overdue.flatMap((row) => {
    if (!lease) return [];
    step.put(row, takeOver(row.job, { ...lease, token: step.next() }, now));
    return row.job;
  });
  yield* step.follow();
  yield* step.giveTurns();
  if (limit > 0 && jobs.length === limit) return { jobs, expired: rescued, nextDueAt: now, now };

  const times = (yield* ask(rows.due(lanes, from))).flatMap(({ lane, leases, endAt, dueAt }) => {
    const open = opensAt({ ...step.lane(lane), leases }, now);
    const start = dueAt === null || open === undefined ? [] : Math.max(dueAt, open);
    return [endAt ?? [], start].flat();
  });
  return { jobs, expired: rescued, nextDueAt: times.length === 0 ? null : Math.min(...times), now };
}

/** Takes from one lane what the request wants and the lane's limits allow. */
function* take(step: Step, request: PollRequest, lane: string, limit: number): Work<Job[]> {
  const { rows, now } = step;
  const { types, where, from = "waiting", to = "active", lease } = request;
  const { settings, bucket } = step.lane(lane);
  const [{ leases } = { leases: 0 }] = settings.concurrency ? yield* ask(rows.due([lane], from)) : [];
  const most = Math.min(limit, roomIn({ settings, bucket, leases }, now));
  if (most <= 0) return [];
  const taken: JobRow[] = [];
  for (const row of yield* ask(rows.open(lane, request, now, types || where ? null : most))) {
    if (!matchesTypes(types, row.job.type) || (where && !matches(where, row.job))) continue;
    taken.push(row);
    if (taken.length === most) break;
  }
  for (const row of taken) {
    const grant = lease && { lease: { ...lease, token: step.next() } };
    step.put(row, advance(row.job, { to, now, ...grant }));
  }
  if (settings.rate && taken.length > 0) {
    yield* step.setLane({ lane, settings, bucket: withStarts(bucket, settings.rate, now, taken.length) });
  }
  return taken.map(({ job }) => job);
}
