import { type Adapter, type AppendOutcome, type JobEvent } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, type Fault, repeated, without } from "./fault.ts";

/** Breaks P22 by what comes into a log. */
export const logs: readonly Fault[] = [
  fault("records everything, asked or not", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        for (const job of jobs) await adapter.configure(job.lane, { history: "all" });
        return adapter.insert(jobs, at);
      },
    }),
  ),
  fault("does not know `history`", (adapter) =>
    decorate(adapter, {
      configure: (lane, settings) => adapter.configure(lane, without(settings, "history")),
    }),
  ),
  fault("keeps the last thousand events of a log", (adapter) =>
    decorate(adapter, {
      events: async (query) => {
        const page = await adapter.events(query);
        return { ...page, items: page.items.slice(-1000) };
      },
    }),
  ),
  fault("takes an event for a new version", (adapter) =>
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
  ),
  fault("records a move when a job is leased in the state that it has", (adapter) => {
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
  fault("stops at the first event that it refuses", (adapter) =>
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
  fault("writes the events of a call in reverse order", (adapter) =>
    decorate(adapter, {
      append: async (entries, at) => (await adapter.append(entries.toReversed(), at)).toReversed(),
    }),
  ),
  fault("records an insertion for every job of a call", (adapter) => {
    const times = new Map<string, number>();
    return decorate(adapter, {
      insert: async (jobs, at) => {
        for (const { id } of jobs) times.set(id, jobs.filter((job) => job.id === id).length);
        return adapter.insert(jobs, at);
      },
      events: (query) => repeated(adapter, query, ({ id, kind }) => (kind === "inserted" ? (times.get(id) ?? 1) : 1)),
    });
  }),
  fault("takes events for old ones when the same are appended once more", (adapter) => {
    const written = new Set<string>();
    return decorate(adapter, {
      append: async (entries, at) => {
        const call = JSON.stringify(entries);
        const isNew = written.size < written.add(call).size;
        return isNew ? adapter.append(entries, at) : entries.map(() => ({ status: "ok" }));
      },
    });
  }),
  fault("writes no event of a change that changes nothing", (adapter) =>
    changing(adapter, (each) => (Object.keys(each.set).length === 0 ? without(each, "event") : each)),
  ),
  fault("keeps the log of a job that is removed", (adapter) => {
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
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P22", name, break: breaking };
}
