import type { Adapter, Json, NewJob } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, without } from "./fault.ts";

/** Breaks P1 to P5. */
export const storing: readonly Fault[] = [
  {
    promise: "P1",
    name: "loses the last job when it is closed",
    break(adapter) {
      let last: string | undefined;
      return decorate(adapter, {
        insert: (jobs, at) => {
          last = jobs.at(-1)?.id;
          return adapter.insert(jobs, at);
        },
        close: async () => {
          if (last !== undefined) await adapter.remove({ ids: [last] });
          await adapter.close();
        },
      });
    },
  },
  {
    promise: "P1",
    name: "forgets leases when it is closed",
    break: (adapter) =>
      decorate(adapter, {
        close: async () => {
          const { items } = await adapter.list({ states: ["active"], limit: 1000 });
          const set = { state: "waiting" };
          await adapter.cas(items.map(({ id, version }) => ({ id, expect: { version }, set })));
          await adapter.close();
        },
      }),
  },
  {
    promise: "P1",
    name: "forgets the settings of lanes when it is closed",
    break: (adapter) =>
      decorate(adapter, {
        close: async () => {
          await adapter.configure("main", { paused: null, keep: null, history: null });
          await adapter.close();
        },
      }),
  },
  { promise: "P2", name: "takes empty lists for empty objects", break: (adapter) => mangling(adapter, emptyLists) },
  { promise: "P2", name: "drops the key __proto__", break: (adapter) => mangling(adapter, withoutProto) },
  {
    promise: "P2",
    name: "cuts text at its first control character",
    break: (adapter) => mangling(adapter, (text) => text.replace(/\\u000[1-9].*?"/g, '"')),
  },
  {
    promise: "P2",
    name: "keeps numbers with fifteen digits",
    break: (adapter) =>
      mangling(adapter, (text) =>
        text.replace(/\b\d{16,}\b/g, (digits) => String(Number(Number(digits).toPrecision(15)))),
      ),
  },
  {
    promise: "P2",
    name: "stores a job without its group",
    break: (adapter) =>
      decorate(adapter, {
        insert: (jobs, at) =>
          adapter.insert(
            jobs.map((job) => without(job, "group")),
            at,
          ),
      }),
  },
  {
    promise: "P2",
    name: "leaves out of `get` what is not there",
    break: (adapter) =>
      decorate(adapter, { get: async (ids) => (await adapter.get(ids)).filter((job) => job !== null) }),
  },
  {
    promise: "P3",
    name: "replaces a job that is inserted again",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          if (!at?.allOrNone) await adapter.remove({ ids: jobs.map((job) => job.id) });
          return adapter.insert(jobs, at);
        },
      }),
  },
  {
    promise: "P3",
    name: "forgets finished jobs when it looks for existing ones",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          const found = await adapter.get(jobs.map((job) => job.id));
          const ended = found.flatMap((job) => (job?.finishedAt === undefined ? [] : [job.id]));
          await adapter.remove({ ids: ended });
          return adapter.insert(jobs, at);
        },
      }),
  },
  {
    promise: "P3",
    name: "answers `added` for a job that exists",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          const outcomes = await adapter.insert(jobs, at);
          return outcomes.map((each) => (each.status === "existing" ? { status: "added", id: each.id } : each));
        },
      }),
  },
  {
    promise: "P3",
    name: "tells a job of the same call that was not kept as it was in between",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          const outcomes = await adapter.insert(jobs, at);
          const stored = new Set((await adapter.get(jobs.map((job) => job.id))).map((job) => job?.id));
          return outcomes.map((each) =>
            each.status === "existing" && each.job.dependsOn && !stored.has(each.id)
              ? { ...each, job: { ...each.job, state: "blocked" } }
              : each,
          );
        },
      }),
  },
  {
    promise: "P4",
    name: "does not know `allOrNone`",
    break: (adapter) => decorate(adapter, { insert: (jobs, at) => adapter.insert(jobs, { ...at, allOrNone: false }) }),
  },
  {
    promise: "P4",
    name: "always takes all or none",
    break: (adapter) => decorate(adapter, { insert: (jobs, at) => adapter.insert(jobs, { ...at, allOrNone: true }) }),
  },
  {
    promise: "P4",
    name: "stores at most a thousand jobs of a call",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          const outcomes = await adapter.insert(jobs.slice(0, 1000), at);
          return jobs.map((job, i) => outcomes[i] ?? { status: "added", id: job.id });
        },
      }),
  },
  {
    promise: "P5",
    name: "inserts outside the caller's transaction",
    break: (adapter) => decorate(adapter, { insert: (jobs, at = {}) => adapter.insert(jobs, without(at, "tx")) }),
  },
  {
    promise: "P5",
    name: "writes events outside the caller's transaction",
    break: (adapter) => decorate(adapter, { append: (entries, at = {}) => adapter.append(entries, without(at, "tx")) }),
  },
  {
    promise: "P5",
    name: "wakes before the commit of the caller's transaction",
    break: (adapter) => {
      const wakes = new Set<(lane: string) => void>();
      return decorate(adapter, {
        insert: (jobs, at) => {
          for (const wake of wakes) for (const job of jobs) wake(job.lane);
          return adapter.insert(jobs, at);
        },
        subscribe: (wake) => {
          wakes.add((lane) => wake({ lane }));
          return adapter.subscribe(wake);
        },
      });
    },
  },
];

/** Changes the JSON text of payloads on their way in. */
function mangling(adapter: Adapter, change: (text: string) => string): Adapter {
  const mangle = (job: NewJob): NewJob => ({
    ...job,
    payload: JSON.parse(change(JSON.stringify(job.payload))) as Json,
  });
  return decorate(adapter, { insert: (jobs, at) => adapter.insert(jobs.map(mangle), at) });
}

function emptyLists(text: string): string {
  return text.replaceAll("[]", "{}");
}

function withoutProto(text: string): string {
  return text.replace(/"__proto__":\{[^}]*\},/, "");
}
