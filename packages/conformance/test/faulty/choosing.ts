import { byCodePoint, type Job, type LaneShare } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { answered, listing, polling } from "./by-call.ts";
import { type Fault, without } from "./fault.ts";
import { lookThenTake } from "./racing.ts";
import { storing } from "./shaping.ts";

/** Breaks P6 to P8, and P11. */
export const choosing: readonly Fault[] = [
  polling("P6", "exceeds the limit by one job", (request) => ({ ...request, limit: request.limit + 1 })),
  polling("P6", "polls a lane's neighbours of another case", (request) => ({
    ...request,
    ...(request.lanes && {
      lanes: request.lanes.flatMap((lane): readonly LaneShare[] =>
        typeof lane === "string" ? [lane, lane.toUpperCase()] : [lane],
      ),
    }),
  })),
  polling("P6", "does not know lane shares", (request) => ({
    ...request,
    ...(request.lanes && { lanes: request.lanes.map((lane) => (typeof lane === "string" ? lane : lane.lane)) }),
  })),
  {
    promise: "P6",
    name: "hands out jobs whose lease has ended as if they were waiting",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const { jobs, expired, ...rest } = await adapter.poll({ ...request, expired: request.limit });
          return { ...rest, jobs: [...jobs, ...expired].slice(0, request.limit), expired: [] };
        },
      }),
  },
  {
    promise: "P6",
    name: "claims a job twice when polls race: it looks first and takes afterwards",
    break: lookThenTake,
  },
  polled("P7", "loses the order of a batch that it returns", (jobs) => jobs.toReversed()),
  polled("P7", "orders priorities as text", (jobs) =>
    jobs.toSorted((a, b) => String(a.priority).localeCompare(String(b.priority))),
  ),
  polled("P7", "restores the order of a batch by id", (jobs) => jobs.toSorted((a, b) => byCodePoint(a.id, b.id))),
  {
    promise: "P7",
    name: "puts returned jobs behind fresh ones",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map((each) =>
              each.set.state === "waiting" ? { ...each, set: { ...each.set, requeue: true } } : each,
            ),
            at,
          ),
      }),
  },
  {
    promise: "P7",
    name: "leaves requeued jobs where they are",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map((each) => ({ ...each, set: without(each.set, "requeue") })),
            at,
          ),
      }),
  },
  polling("P7", "knows no order but priority", (request) => without(request, "order")),
  listing("P7", "lists in the order of insertion only", (query) => without(query, "order")),
  {
    promise: "P7",
    name: "takes a renewal for a change",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map((each) => (each.set.leaseMs ? { ...each, set: { ...each.set, attempt: 1 } } : each)),
            at,
          ),
      }),
  },
  later("P8", "finds jobs a millisecond late", -1),
  later("P8", "finds jobs a millisecond early", 1),
  {
    promise: "P8",
    name: "looks only at the first thousand jobs for one that is due",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const { items } = await adapter.list({ order: "poll", states: ["waiting", "delayed"], limit: 1000 });
          const allLate = items.length === 1000 && items.every((job) => job.runAt > (request.now ?? 0));
          return allLate ? { jobs: [], expired: [], nextDueAt: null, now: request.now ?? 0 } : adapter.poll(request);
        },
      }),
  },
  {
    promise: "P8",
    name: "rounds `runAt` to seconds",
    break: (adapter) =>
      storing(adapter, (job) =>
        job.runAt === undefined ? job : { ...job, runAt: Math.round(job.runAt / 1000) * 1000 },
      ),
  },
  listing("P8", "lists delayed jobs as waiting", ({ states, ...query }) => ({
    ...query,
    ...(states && { states: states.includes("waiting") ? [...states, "delayed"] : states }),
  })),
  {
    promise: "P11",
    name: "sends every rescued job back to `waiting`",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          const expired = result.expired.map((job) =>
            job.lease ? { ...job, lease: { ...job.lease, from: "waiting" } } : job,
          );
          return { ...result, expired };
        },
      }),
  },
  {
    promise: "P11",
    name: "charges an attempt for a poll without a lease",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          return request.lease ? result : { ...result, jobs: result.jobs.map((job) => ({ ...job, attempt: 1 })) };
        },
      }),
  },
  {
    promise: "P11",
    name: "goes on counting attempts when a job moves on",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const found = await adapter.get(changes.map((each) => each.id));
          const kept = changes.map((each, i) => ({ ...each, set: { attempt: found[i]?.attempt ?? 0, ...each.set } }));
          return adapter.cas(kept, at);
        },
      }),
  },
];

function polled(promise: Fault["promise"], name: string, change: (jobs: readonly Job[]) => readonly Job[]): Fault {
  return answered(promise, name, (result) => ({ ...result, jobs: change(result.jobs) }));
}

/** Polls by a clock that is off. */
function later(promise: Fault["promise"], name: string, ms: number): Fault {
  return polling(promise, name, (request) => ({ ...request, ...(request.now && { now: request.now + ms }) }));
}
