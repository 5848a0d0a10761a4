import type { Adapter } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { answered } from "./by-call.ts";
import type { Fault } from "./fault.ts";
import { find } from "./shaping.ts";

/** Breaks P10 and P24 by what a worker is told to wake up for. */
export const waking: readonly Fault[] = [
  {
    promise: "P10",
    name: "tells the caller's time instead of its own",
    break: (adapter) =>
      decorate(adapter, { poll: async (request) => ({ ...(await adapter.poll(request)), now: Date.now() }) }),
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
  fault("P10", "always asks to look again", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        return { ...result, nextDueAt: result.nextDueAt ?? result.now };
      },
    }),
  ),
  fault("P10", "forgets delayed jobs in `nextDueAt`", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const { nextDueAt, now } = result;
        if (nextDueAt === null || nextDueAt <= now) return result;
        const leased = await find(adapter, (job) => job.lease?.until === nextDueAt);
        return leased.length > 0 ? result : { ...result, nextDueAt: null };
      },
    }),
  ),
  fault("P10", "does not see in `nextDueAt` what the poll itself moved and nobody holds", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const isFree = request.lease === undefined && result.jobs.length > 0 && request.from === request.to;
        return isFree ? { ...result, nextDueAt: null } : result;
      },
    }),
  ),
  fault("P24", "finds no job of which it could tell nobody", (adapter) => {
    let listeners = 0;
    return decorate(adapter, {
      poll: (request) => adapter.poll(listeners > 0 ? request : { ...request, limit: 0 }),
      subscribe: async (wake) => {
        listeners += 1;
        const unsubscribe = await adapter.subscribe(wake);
        return () => {
          listeners -= 1;
          unsubscribe();
        };
      },
    });
  }),
  fault("P24", "tells of a job that came only where it is due", (adapter) =>
    hushingInserts(adapter, (job) => job.delayMs !== undefined || job.runAt !== undefined),
  ),
  fault("P24", "tells nobody else what it did itself", (adapter) => {
    let own = 0;
    const mine = async <T>(call: () => Promise<T>): Promise<T> => {
      own += 1;
      underWay += 1;
      try {
        return await call();
      } finally {
        own -= 1;
        underWay -= 1;
      }
    };
    return decorate(adapter, {
      insert: (jobs, at) => mine(() => adapter.insert(jobs, at)),
      cas: (changes, at) => mine(() => adapter.cas(changes, at)),
      subscribe: (wake) => adapter.subscribe((hint) => (underWay > own ? undefined : wake(hint))),
    });
  }),
];

/** How many calls that tell are under way, on all handles. */
let underWay = 0;

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}

/** Gives no hints while jobs of some kind are inserted. */
function hushingInserts(
  adapter: Adapter,
  isQuiet: (job: Parameters<Adapter["insert"]>[0][number]) => boolean,
): Adapter {
  let quiet = false;
  return decorate(adapter, {
    insert: async (jobs, at) => {
      quiet = jobs.every(isQuiet);
      try {
        return await adapter.insert(jobs, at);
      } finally {
        quiet = false;
      }
    },
    subscribe: (wake) => adapter.subscribe((hint) => (quiet ? undefined : wake(hint))),
  });
}
