import { type Adapter, type EventPage, isTerminal, type Job, type KeepFor, type NewJob } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";
import { find, onceReopened, storing } from "./shaping.ts";

/** Breaks what P10, P21, P24 and P26 say about jobs that wait for others or are kept for a while. */
export const keeping: readonly Fault[] = [
  fault("P26", "does not hear what a job says itself about being kept", (adapter) =>
    storing(adapter, (job) => without(job, "keep") as NewJob),
  ),
  fault("P26", "hears what a job says itself only if its lane says something", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const lanes = await adapter.lanes();
        const isSet = (name: string) => lanes.some(({ lane, settings }) => lane === name && settings.keep);
        return adapter.insert(
          jobs.map((job) => (isSet(job.lane) ? job : (without(job, "keep") as NewJob))),
          at,
        );
      },
    }),
  ),
  retaining("removes what its lane does not keep at the next removal only", (query) => ({
    ...query,
    keep: { ...query.keep, cancelled: query.keep.cancelled === false ? 1e12 : query.keep.cancelled },
  })),
  retaining("knows no count", (query) => ({ ...query, keep: without(query.keep, "count") })),
  retaining("counts the finished jobs of each state by themselves", (query) => ({
    ...query,
    keep: { ...query.keep, ...(query.keep.count && { count: 2 * query.keep.count }) },
  })),
  retaining("keeps one job more than the count says", (query) => ({
    ...query,
    keep: { ...query.keep, ...(query.keep.count !== undefined && { count: query.keep.count + 1 }) },
  })),
  retaining("removes without a limit what a lane need not keep", (query) => ({ ...query, limit: 10_000 })),
  retaining("removes jobs a millisecond too early", (query) => ({
    ...query,
    ...(query.now && { now: query.now + 1 }),
  })),
  fault("P26", "drops a finished job that is changed when its lane has come to keep none", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const before = await adapter.get(changes.map(({ id }) => id));
        const outcomes = await adapter.cas(changes, at);
        const lanes = await adapter.lanes();
        const gone = before.filter((job, i): job is Job => {
          if (job === null || !isTerminal(job.state) || changes[i]?.set.state !== undefined) return false;
          const keep = lanes.find(({ lane }) => lane === job.lane)?.settings.keep;
          return outcomes[i]?.status === "ok" && keep?.[job.state as keyof KeepFor] === false;
        });
        await adapter.remove({ ids: gone.map(({ id }) => id) });
        return outcomes;
      },
    }),
  ),
  fault("P26", "keeps the log of a job that its worker completes in a lane that keeps none", (adapter) => {
    const left = new Map<string, EventPage>();
    return decorate(adapter, {
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const isPlain = each.expect.token !== undefined && !each.spawn && each.event === undefined;
          if (isPlain) left.set(each.id, await adapter.events({ id: each.id, limit: 9 }));
          return change(adapter, each, at);
        }),
      events: async (query) => {
        const page = query.id === undefined ? undefined : left.get(query.id);
        const isGone = page !== undefined && (await adapter.get([query.id ?? ""]))[0] === null;
        return isGone ? page : adapter.events(query);
      },
    });
  }),
  fault("P26", "removes the newest jobs beyond the count", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        if (!("keep" in query) || query.keep.count === undefined) return adapter.remove(query);
        const done = (await find(adapter, (job) => job.lane === query.lane, { order: "finished" })).map(
          (job) => job.id,
        );
        const beyond = done.toReversed().slice(0, Math.max(0, done.length - query.keep.count));
        return adapter.remove({ ids: beyond.slice(0, query.limit) });
      },
    }),
  ),
  fault("P26", "counts unfinished jobs among those to keep", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        if (!("keep" in query) || query.keep.count === undefined) return adapter.remove(query);
        const open = await find(adapter, (job) => job.lane === query.lane && !isTerminal(job.state));
        return adapter.remove({
          ...query,
          keep: { ...query.keep, count: Math.max(0, query.keep.count - open.length) },
        });
      },
    }),
  ),
  fault("P26", "forgets what jobs say about being kept when it is closed", (adapter) =>
    onceReopened(adapter, (each) =>
      decorate(each, {
        remove: (query) =>
          "keep" in query
            ? each.remove({
                lane: query.lane,
                states: ["completed"],
                olderThanMs: Number(query.keep.completed),
                limit: query.limit,
                now: query.now ?? 0,
              })
            : each.remove(query),
      }),
    ),
  ),
  fault("P10", "counts jobs in `nextDueAt` that wait for others", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const { now = 0 } = request;
        const waits = await find(
          adapter,
          (job) => job.state === "waiting" && job.orderingKey !== undefined && job.runAt <= now,
        );
        return waits.length > 0 ? { ...result, nextDueAt: Math.min(now, result.nextDueAt ?? now) } : result;
      },
    }),
  ),
  fault("P10", "asks to look again at once though a lane's limit is reached", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const { now = 0 } = request;
        const isLimited = (await adapter.lanes()).some(({ settings }) => settings.rate || settings.concurrency);
        return isLimited && result.nextDueAt !== null ? { ...result, nextDueAt: now } : result;
      },
    }),
  ),
  fault("P10", "forgets in `nextDueAt` that jobs are left where another lane has a limit", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const { limit, lease } = request;
        const isLimited = (await adapter.lanes()).some(({ settings: { concurrency, rate } }) => concurrency ?? rate);
        const isFull = limit > 0 && result.jobs.length === limit && lease !== undefined;
        return isFull && isLimited ? { ...result, nextDueAt: result.now + lease.ms } : result;
      },
    }),
  ),
  fault("P10", "does not see in `nextDueAt` what the poll itself let go on", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        return isTerminal(request.to ?? "active") ? { ...result, nextDueAt: null } : result;
      },
    }),
  ),
  hushing("says nothing of a lane when a job ends", "cas"),
  hushing("says nothing of a lane when a job is removed", "remove"),
  hushing("says nothing of a lane when it is configured", "configure"),
  fault("P24", "tells of one job per change", (adapter) => {
    let told = 0;
    const broken = decorate(adapter, {
      cas: (changes, at) => {
        told = 0;
        return adapter.cas(changes, at);
      },
    });
    return decorate(broken, {
      subscribe: (wake) => adapter.subscribe((hint) => ("job" in hint && told++ > 0 ? undefined : wake(hint))),
    });
  }),
  fault("P21", "gives up the keys of a job that is asked to stop", (adapter) => {
    const asked = new Set<string>();
    const broken = decorate(adapter, {
      cas: async (changes, at) => {
        const outcomes = await adapter.cas(changes, at);
        changes.forEach((each, i) => each.set.cancel && outcomes[i]?.status === "ok" && asked.add(each.id));
        return outcomes;
      },
    });
    return decorate(broken, {
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        return outcomes.map((each, i) =>
          each.status === "existing" && asked.has(each.id) ? { status: "added", id: jobs[i]?.id ?? "" } : each,
        );
      },
    });
  }),
];

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}

type Retention = Extract<Parameters<Adapter["remove"]>[0], { readonly keep: unknown }>;

function retaining(name: string, change: (query: Retention) => Retention): Fault {
  return fault("P26", name, (adapter) =>
    decorate(adapter, { remove: (query) => adapter.remove("keep" in query ? change(query) : query) }),
  );
}

/** Gives no hints of lanes while one of its verbs is under way. */
function hushing(name: string, verb: "cas" | "remove" | "configure"): Fault {
  return fault("P24", name, (adapter) => {
    let isQuiet = false;
    const quietly = async <T>(call: () => Promise<T>): Promise<T> => {
      isQuiet = true;
      try {
        return await call();
      } finally {
        isQuiet = false;
      }
    };
    return decorate(adapter, {
      ...(verb === "cas" && { cas: (changes, at) => quietly(() => adapter.cas(changes, at)) }),
      ...(verb === "remove" && { remove: (query) => quietly(() => adapter.remove(query)) }),
      ...(verb === "configure" && { configure: (lane, settings) => quietly(() => adapter.configure(lane, settings)) }),
      subscribe: (wake) => adapter.subscribe((hint) => (isQuiet && "lane" in hint ? undefined : wake(hint))),
    });
  });
}
