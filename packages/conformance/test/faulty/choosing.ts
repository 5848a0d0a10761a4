import {
  byCodePoint,
  type Job,
  type JobQuery,
  type LaneShare,
  type PollRequest,
  type PollResult,
  type Predicate,
  type Test,
} from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, without } from "./fault.ts";
import { lookThenTake } from "./racing.ts";
import { storing } from "./shaping.ts";

/** Breaks P6 to P11. */
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
  {
    promise: "P10",
    name: "tells the caller's time instead of its own",
    break: (adapter) =>
      decorate(adapter, { poll: async (request) => ({ ...(await adapter.poll(request)), now: Date.now() }) }),
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
    promise: "P9",
    name: "compares JSON as text, so that the order of keys counts",
    break: (adapter) =>
      decorate(adapter, {
        list: async (query) => {
          const page = await adapter.list(query);
          const tests = Object.entries((query.where ?? {}) as Record<string, Test>);
          const isText = (job: Job) =>
            tests.every(
              ([path, { eq }]) => eq === undefined || JSON.stringify(valueAt(job, path)) === JSON.stringify(eq),
            );
          return { ...page, items: page.items.filter(isText) };
        },
      }),
  },
  listing("P9", "treats `_` as a wildcard", ({ types, ...query }) => ({
    ...query,
    ...(types && { types: types.map((type) => type.replaceAll("_", "*")) }),
  })),
  testing("P9", "equates true with 1", (test) => (test.eq === 1 ? { in: [1, true] } : test)),
  testing("P9", "takes a missing value for unequal", (test, path) =>
    test.ne === undefined ? test : { not: { [path]: { eq: test.ne } } },
  ),
  testing("P9", "takes a missing value for null", (test, path) =>
    test.eq === null ? { or: [{ [path]: { eq: null } }, { [path]: { exists: false } }] } : test,
  ),
  testing("P9", "takes null for a missing value", (test, path) =>
    test.exists === undefined ? test : { and: [{ [path]: test }, { [path]: { ne: null } }] },
  ),
  testing("P9", "knows `%` in prefixes", (test) =>
    test.prefix === undefined ? test : { prefix: test.prefix.replace(/%.*$/, "") },
  ),
  testing("P9", "compares numbers with text", (test, path) =>
    test.gt === undefined ? test : { or: [{ [path]: test }, { [path]: { gt: String(test.gt) } }] },
  ),
  listing("P9", "does not tell upper from lower case in types", ({ types, ...query }) => ({
    ...query,
    ...(types && { types: types.flatMap((type) => [type, type.toLowerCase()]) }),
  })),
  polling("P9", "lets `*` stand for any number of segments", ({ types, ...request }) => ({
    ...request,
    ...(types && { types: types.map((type) => type.replaceAll("**", "*").replaceAll("*", "**")) }),
  })),
  {
    promise: "P9",
    name: "compares text by UTF-16 unit",
    break: (adapter) =>
      decorate(adapter, {
        list: async (query) => {
          const test = (query.where as { payload?: Test } | undefined)?.payload;
          if (typeof test?.lt !== "string" || query.after) return adapter.list(query);
          const { items } = await adapter.list({ limit: 100 });
          const { lt } = test;
          return { items: items.filter((job) => typeof job.payload === "string" && job.payload < lt) };
        },
      }),
  },
  {
    promise: "P9",
    name: "passes over lanes that had their share when a filtered poll goes on",
    break: (adapter) =>
      decorate(adapter, {
        poll: async ({ after, ...request }) => {
          if (request.where === undefined || request.lanes === undefined) return adapter.poll(request);
          const lanes = request.lanes.filter((lane) => after === undefined || typeof lane === "string");
          const result = await adapter.poll({ ...request, lanes });
          return after === undefined && result.jobs.length > 0 ? { ...result, after: "page 2" } : result;
        },
      }),
  },
  answered("P10", "tells `nextDueAt` a second late", (result) => ({
    ...result,
    nextDueAt: result.nextDueAt === null ? null : result.nextDueAt + 1000,
  })),
  answered("P10", "forgets in `nextDueAt` that jobs are left", (result, { now = 0 }) => ({
    ...result,
    nextDueAt: result.nextDueAt !== null && result.nextDueAt <= now ? null : result.nextDueAt,
  })),
  answered("P10", "takes a poll for no job for one that reached its limit", (result, { limit, now = 0 }) => ({
    ...result,
    nextDueAt: result.jobs.length === limit ? now : result.nextDueAt,
  })),
  {
    promise: "P10",
    name: "forgets leases in `nextDueAt`",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          const { items } = await adapter.list({ limit: 1000 });
          const isLease = items.some((job) => job.lease?.until === result.nextDueAt);
          return isLease ? { ...result, nextDueAt: null } : result;
        },
      }),
  },
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

function polling(promise: Fault["promise"], name: string, change: (request: PollRequest) => PollRequest): Fault {
  return { promise, name, break: (adapter) => decorate(adapter, { poll: (request) => adapter.poll(change(request)) }) };
}

function polled(promise: Fault["promise"], name: string, change: (jobs: readonly Job[]) => readonly Job[]): Fault {
  return answered(promise, name, (result) => ({ ...result, jobs: change(result.jobs) }));
}

function answered(
  promise: Fault["promise"],
  name: string,
  change: (result: PollResult, request: PollRequest) => PollResult,
): Fault {
  return {
    promise,
    name,
    break: (adapter) => decorate(adapter, { poll: async (request) => change(await adapter.poll(request), request) }),
  };
}

function listing(promise: Fault["promise"], name: string, change: (query: JobQuery) => JobQuery): Fault {
  return { promise, name, break: (adapter) => decorate(adapter, { list: (query) => adapter.list(change(query)) }) };
}

/** Polls by a clock that is off. */
function later(promise: Fault["promise"], name: string, ms: number): Fault {
  return polling(promise, name, (request) => ({ ...request, ...(request.now && { now: request.now + ms }) }));
}

/** Changes each test of every predicate that is listed, polled or expected by. */
function testing(
  promise: Fault["promise"],
  name: string,
  change: (test: Test, path: string) => Test | Predicate,
): Fault {
  const every = (predicate: Predicate): Predicate => {
    if ("and" in predicate && Array.isArray(predicate.and)) return { and: predicate.and.map(every) };
    if ("or" in predicate && Array.isArray(predicate.or)) return { or: predicate.or.map(every) };
    if ("not" in predicate) return { not: every(predicate.not as Predicate) };
    const parts = Object.entries(predicate as Record<string, Test>).map(([path, test]): Predicate => {
      const changed = change(test, path);
      const isPredicate = "and" in changed || "or" in changed || "not" in changed;
      return isPredicate ? (changed as Predicate) : { [path]: changed as Test };
    });
    return { and: parts };
  };
  return listing(promise, name, ({ where, ...query }) => ({ ...query, ...(where && { where: every(where) }) }));
}

function valueAt(job: Job, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], job);
}
