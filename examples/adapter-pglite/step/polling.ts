import { advance, type Job, matches, matchesTypes, opensAt, type PollRequest, type PollResult } from "@anyqueue/api";
import { roomIn, sharesOf, takeOver, withStarts, wrongCursor } from "@anyqueue/api";
import type { Step } from "./step.ts";

/** Takes due jobs, lane by lane, and those whose lease has ended (P6–P11, P15, P19). */
export async function poll(step: Step, request: PollRequest, round: number): Promise<PollResult> {
  // A filter looks at every due job of its lanes, so there is never a place to go on from.
  if (request.after !== undefined) throw wrongCursor("poll");
  const { rows, now } = step;
  const { limit, lease, expired = 0, from = "waiting" } = request;
  const shares = sharesOf(request, [...step.lanes.keys()], round);
  const lanes = [...new Set(shares.map(({ lane }) => lane))];
  const overdue = expired > 0 ? await rows.overdue(lanes, now, expired) : [];

  const jobs: Job[] = [];
  for (const share of shares) {
    const most = Math.min(share.limit, limit - jobs.length);
    if (most > 0) jobs.push(...(await take(step, request, share.lane, most)));
  }
  const rescued = overdue.flatMap((entry) => {
    if (!lease) return [];
    step.put(entry, takeOver(entry.job, { ...lease, token: step.next() }, now));
    return entry.job;
  });
  await step.follow();
  await step.end();
  if (limit > 0 && jobs.length === limit) return { jobs, expired: rescued, nextDueAt: now, now };

  const times = (await rows.due(lanes, from)).flatMap(({ lane, leases, endAt, dueAt }) => {
    const open = opensAt({ ...step.lane(lane), leases }, now);
    const start = dueAt === null || open === undefined ? [] : Math.max(dueAt, open);
    return [endAt ?? [], start].flat();
  });
  return { jobs, expired: rescued, nextDueAt: times.length === 0 ? null : Math.min(...times), now };
}

/** Takes from one lane what the request wants and the lane's limits allow. */
async function take(step: Step, request: PollRequest, lane: string, limit: number): Promise<Job[]> {
  const { rows, now } = step;
  const { types, where, from = "waiting", to = "active", lease } = request;
  const { settings, bucket } = step.lane(lane);
  const [{ leases } = { leases: 0 }] = settings.concurrency ? await rows.due([lane], from) : [];
  const most = Math.min(limit, roomIn({ settings, bucket, leases }, now));
  if (most <= 0) return [];
  const open = await rows.open(lane, request, now, types || where ? null : most);
  const fits = open.filter(({ job }) => matchesTypes(types, job.type) && (!where || matches(where, job)));
  const jobs = fits.slice(0, most).map((entry) => {
    const grant = lease && { lease: { ...lease, token: step.next() } };
    step.put(entry, advance(entry.job, { to, now, ...grant }));
    return entry.job;
  });
  if (settings.rate && jobs.length > 0) {
    await step.setLane({ lane, settings, bucket: withStarts(bucket, settings.rate, now, jobs.length) });
  }
  return jobs;
}
