import { type Adapter, decodeCursor, encodeCursor, isTerminal } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, changingBy, type Fault, without } from "./fault.ts";
import { storing } from "./shaping.ts";

/** Breaks P7 and P8 by places in an order, pages through it, and the clock. */
export const orders: readonly Fault[] = [
  {
    promise: "P7",
    name: "knows no priorities",
    break: (adapter) => storing(adapter, (job) => ({ ...job, priority: 512 })),
  },
  {
    promise: "P7",
    name: "does not hear that a waiting job's priority is changed",
    break: (adapter) => changing(adapter, (each) => ({ ...each, set: without(each.set, "priority") })),
  },
  {
    promise: "P7",
    name: "skips a job between two pages",
    break: (adapter) =>
      decorate(adapter, {
        list: async (query) => {
          const page = await adapter.list({ ...query, limit: query.limit + 1 });
          return { ...page, items: page.items.slice(0, query.limit) };
        },
      }),
  },
  {
    promise: "P7",
    name: "counts how many jobs lie before a page, in place of remembering which",
    break: (adapter) =>
      decorate(adapter, {
        list: async ({ after, limit, ...query }) => {
          const order = `list/${query.order ?? "inserted"}`;
          const isCount = (value: unknown): value is number => typeof value === "number";
          const start = after === undefined ? 0 : decodeCursor(order, after, isCount);
          const { items } = await adapter.list({ ...query, limit: 100_000 });
          const page = items.slice(start, start + limit);
          const end = start + page.length;
          return end < items.length ? { items: page, after: encodeCursor(order, end) } : { items: page };
        },
      }),
  },
  {
    promise: "P14",
    name: "puts a retried job at the end",
    break: (adapter) =>
      changingBy(adapter, (each, job) =>
        isTerminal(job.state) && each.set.state ? { ...each, set: { ...each.set, requeue: true } } : each,
      ),
  },
  {
    promise: "P8",
    name: "does not hear that a waiting job's time is changed",
    break: (adapter) => changing(adapter, (each) => ({ ...each, set: without(each.set, "runAt") })),
  },
  { promise: "P8", name: "has a clock that is an hour slow", break: (adapter) => slow(adapter, 3_600_000) },
];

/** Goes by a clock of its own that is slow wherever it is not told the time. */
export function slow(adapter: Adapter, ms: number): Adapter {
  const timed = <T extends { readonly now?: number }>(at?: T): T => ({ now: Date.now() - ms, ...at }) as T;
  return decorate(adapter, {
    insert: (jobs, at) => adapter.insert(jobs, timed(at)),
    poll: (request) => adapter.poll(timed(request)),
    cas: (changes, at) => adapter.cas(changes, timed(at)),
    list: (query) => adapter.list(timed(query)),
    remove: (query) => adapter.remove(timed(query)),
    append: (entries, at) => adapter.append(entries, timed(at)),
    lanes: (query) => adapter.lanes(timed(query)),
  });
}
