import { type Adapter, encodeCursor, isTerminal } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, repeated } from "./fault.ts";
import { onceReopened } from "./shaping.ts";

/** Breaks P23 by what is read from a log. */
export const following: readonly Fault[] = [
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
  fault("answers an empty page behind each that is full", (adapter) => {
    const full = new Set<string>();
    return decorate(adapter, {
      events: async (query) => {
        if (query.after !== undefined && full.delete(query.after)) {
          return { items: [], cursors: [], after: query.after };
        }
        const page = await adapter.events(query);
        if (page.items.length === query.limit) full.add(page.after);
        return page;
      },
    });
  }),
  fault("misses late-committed events: a reader passes over one that is being written", (adapter) => {
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
  }),
  fault("skips an event between two pages", (adapter) =>
    decorate(adapter, {
      events: async (query) => {
        const page = await adapter.events({ ...query, limit: query.limit + 1 });
        return { ...page, items: page.items.slice(0, query.limit) };
      },
    }),
  ),
  fault("gives no place to go on from at the end of the log", (adapter) =>
    decorate(adapter, {
      events: async (query) => {
        const page = await adapter.events(query);
        return page.items.length === 0 ? { ...page, after: encodeCursor("events", [0]) } : page;
      },
    }),
  ),
  fault("goes on behind the page from each of its events", (adapter) =>
    decorate(adapter, {
      events: async (query) => {
        const page = await adapter.events(query);
        return { ...page, cursors: page.items.map(() => page.after) };
      },
    }),
  ),
  fault("answers one event more than the limit", (adapter) =>
    decorate(adapter, { events: (query) => adapter.events({ ...query, limit: query.limit + 1 }) }),
  ),
  fault("tells who follows the store nothing that is said of jobs that have ended", (adapter) => {
    const late = new Set<string>();
    const keyOf = (id: string, event: unknown) => JSON.stringify([id, event]);
    return decorate(adapter, {
      append: async (entries, at) => {
        const found = await adapter.get(entries.map(({ id }) => id));
        for (const [i, { id, event }] of entries.entries())
          if (isTerminal(found[i]?.state ?? "")) late.add(keyOf(id, event));
        return adapter.append(entries, at);
      },
      events: (query) =>
        repeated(adapter, query, ({ id, data }) => (query.id === undefined && late.has(keyOf(id, data)) ? 0 : 1)),
    });
  }),
  fault("goes on from the end of the log when it is opened again", (adapter) =>
    reading(adapter, async (query) => {
      const { after } = await adapter.events({ limit: 100_000 });
      return query.after === undefined ? adapter.events(query) : adapter.events({ ...query, after });
    }),
  ),
  fault("shows twice what was written in a transaction of the caller's", (adapter) => {
    const keyOf = (id: string, event: unknown) => JSON.stringify([id, event]);
    return decorate(adapter, {
      append: (entries, at) => {
        if (at?.tx !== undefined) for (const { id, event } of entries) joined.add(keyOf(id, event));
        return adapter.append(entries, at);
      },
      events: (query) => repeated(adapter, query, ({ id, data }) => (joined.has(keyOf(id, data)) ? 2 : 1)),
    });
  }),
];

/** What was written in transactions, on all handles. */
const joined = new Set<string>();

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P23", name, break: breaking };
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
