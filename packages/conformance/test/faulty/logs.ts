import { type Adapter, type AppendOutcome, encodeCursor, type JobEvent } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, type Fault, without } from "./fault.ts";
import { onceReopened } from "./shaping.ts";

/** Breaks P22 and P23 by what comes into a log, and what is read from it. */
export const logs: readonly Fault[] = [
  {
    promise: "P22",
    name: "records everything, asked or not",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          for (const job of jobs) await adapter.configure(job.lane, { history: "all" });
          return adapter.insert(jobs, at);
        },
      }),
  },
  {
    promise: "P22",
    name: "does not know `history`",
    break: (adapter) =>
      decorate(adapter, {
        configure: (lane, settings) => adapter.configure(lane, without(settings, "history")),
      }),
  },
  {
    promise: "P22",
    name: "keeps the last thousand events of a log",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return { ...page, items: page.items.slice(-1000) };
        },
      }),
  },
  {
    promise: "P22",
    name: "takes an event for a new version",
    break: (adapter) =>
      decorate(adapter, {
        append: async (entries, at) => {
          const outcomes = await adapter.append(entries, at);
          const found = await adapter.get(entries.map((entry) => entry.id));
          for (const job of found) {
            if (job)
              await adapter.cas([{ id: job.id, expect: { version: job.version }, set: { attempt: job.attempt } }], at);
          }
          return outcomes;
        },
      }),
  },
  {
    promise: "P23",
    name: "shows the last event of a page again",
    break: (adapter) => {
      const before = new Map<string, string>();
      return decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events({
            ...query,
            ...(query.after && { after: before.get(query.after) ?? query.after }),
          });
          const shorter = await adapter.events({ ...query, limit: Math.max(1, page.items.length - 1) });
          if (page.items.length > 1) before.set(page.after, shorter.after);
          return page;
        },
      });
    },
  },
  {
    promise: "P23",
    name: "misses late-committed events: a reader passes over one that is being written",
    break(adapter) {
      const uncommitted = new Set<string>();
      const keyOf = (id: string, event: unknown) => JSON.stringify([id, event]);
      return decorate(adapter, {
        append: async (entries, at) => {
          const keys = entries.map(({ id, event }) => keyOf(id, event));
          for (const key of keys) uncommitted.add(key);
          const outcomes = await adapter.append(entries, at);
          await new Promise(setImmediate);
          for (const key of keys) uncommitted.delete(key);
          return outcomes;
        },
        events: async (query) => {
          const page = await adapter.events(query);
          const isSeen = page.items.map(({ id, data }) => !uncommitted.has(keyOf(id, data)));
          return {
            ...page,
            items: page.items.filter((_, i) => isSeen[i]),
            cursors: page.cursors.filter((_, i) => isSeen[i]),
          };
        },
      });
    },
  },
  {
    promise: "P23",
    name: "skips an event between two pages",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events({ ...query, limit: query.limit + 1 });
          return { ...page, items: page.items.slice(0, query.limit) };
        },
      }),
  },
  {
    promise: "P23",
    name: "gives no place to go on from at the end of the log",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return page.items.length === 0 ? { ...page, after: encodeCursor("events", [0]) } : page;
        },
      }),
  },
  {
    promise: "P23",
    name: "goes on behind the page from each of its events",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return { ...page, cursors: page.items.map(() => page.after) };
        },
      }),
  },
  fault("P22", "records a move when a job is leased in the state that it has", (adapter) => {
    const moved: JobEvent[] = [];
    return decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const { from = "waiting", to = "active" } = request;
        if (from === to) for (const { id } of result.jobs) moved.push({ id, at: result.now, kind: "moved", from, to });
        return result;
      },
      events: async (query) => {
        const page = await adapter.events(query);
        return { ...page, items: [...page.items, ...moved.filter((event) => event.id === query.id)] };
      },
    });
  }),
  fault("P22", "stops at the first event that it refuses", (adapter) =>
    decorate(adapter, {
      append: async (entries, at) => {
        const outcomes: AppendOutcome[] = [];
        for (const entry of entries) {
          const isStopped = outcomes.some((each) => each.status !== "ok");
          outcomes.push(...(isStopped ? [{ status: "missing" } as const] : await adapter.append([entry], at)));
        }
        return outcomes;
      },
    }),
  ),
  fault("P22", "writes no event of a change that changes nothing", (adapter) =>
    changing(adapter, (each) => (Object.keys(each.set).length === 0 ? without(each, "event") : each)),
  ),
  fault("P22", "keeps the log of a job that is removed", (adapter) => {
    const kept: JobEvent[] = [];
    return decorate(adapter, {
      remove: async (query) => {
        for (const id of "ids" in query ? query.ids : []) {
          kept.push(...(await adapter.events({ id, limit: 1000 })).items);
        }
        return adapter.remove(query);
      },
      events: async (query) => {
        const page = await adapter.events(query);
        return { ...page, items: [...kept, ...page.items] };
      },
    });
  }),
  fault("P23", "answers one event more than the limit", (adapter) =>
    decorate(adapter, { events: (query) => adapter.events({ ...query, limit: query.limit + 1 }) }),
  ),
  fault("P23", "goes on from the end of the log when it is opened again", (adapter) =>
    reading(adapter, async (query) => {
      const { after } = await adapter.events({ limit: 100_000 });
      return query.after === undefined ? adapter.events(query) : adapter.events({ ...query, after });
    }),
  ),
  fault("P23", "shows twice what was written in a transaction of the caller's", (adapter) => {
    const keyOf = (id: string, event: unknown) => JSON.stringify([id, event]);
    return decorate(adapter, {
      append: (entries, at) => {
        if (at?.tx !== undefined) for (const { id, event } of entries) joined.add(keyOf(id, event));
        return adapter.append(entries, at);
      },
      events: async (query) => {
        const page = await adapter.events(query);
        const times = page.items.map(({ id, data }) => (joined.has(keyOf(id, data)) ? 2 : 1));
        const repeat = <T>(each: T, i: number): T[] => Array<T>(times[i] ?? 1).fill(each);
        return { ...page, items: page.items.flatMap(repeat), cursors: page.cursors.flatMap(repeat) };
      },
    });
  }),
];

/** What was written in transactions, on all handles. */
const joined = new Set<string>();

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}

/** Reads events otherwise once the store was opened again. */
function reading(adapter: Adapter, events: Adapter["events"]): Adapter {
  let isReopened = false;
  const noting = onceReopened(adapter, (each) =>
    decorate(each, {
      open: async () => {
        isReopened = true;
      },
    }),
  );
  return decorate(noting, { events: (query) => (isReopened ? events(query) : adapter.events(query)) });
}
