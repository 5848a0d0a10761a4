import { isQueueError } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, without } from "./fault.ts";

/** Breaks what P7, P9 and P23 say about pages and their cursors. */
export const paging: readonly Fault[] = [
  {
    promise: "P7",
    name: "gives the places of removed jobs to new ones",
    break: (adapter) => {
      const reused = new Set<string>();
      let free = 0;
      return decorate(adapter, {
        insert: async (jobs, at) => {
          for (const { id } of jobs.slice(0, free)) reused.add(id);
          free = Math.max(0, free - jobs.length);
          return adapter.insert(jobs, at);
        },
        // Such a job lies before every cursor of a page that ended with the removed one.
        list: async (query) => {
          const page = await adapter.list(query);
          return query.after === undefined ? page : { ...page, items: page.items.filter(({ id }) => !reused.has(id)) };
        },
        remove: async (query) => {
          const removed = await adapter.remove(query);
          free += removed;
          return removed;
        },
      });
    },
  },
  {
    promise: "P7",
    name: "counts places anew when it is opened",
    break: (adapter) => {
      let isReopened = false;
      return decorate(adapter, {
        open: async () => {
          await adapter.open();
          isReopened = (await adapter.lanes()).length > 0;
        },
        list: async (query) => {
          const page = await adapter.list(query);
          return query.after !== undefined && isReopened ? { ...page, items: [] } : page;
        },
      });
    },
  },
  {
    promise: "P7",
    name: "lists from the beginning when it cannot read the cursor",
    break: (adapter) =>
      decorate(adapter, {
        list: (query) =>
          leniently(
            () => adapter.list(query),
            () => adapter.list(without(query, "after")),
          ),
      }),
  },
  {
    promise: "P7",
    name: "takes the cursor of another order for its own",
    break: (adapter) =>
      decorate(adapter, {
        list: (query) => {
          const order = (["inserted", "poll", "finished"] as const).find((each) =>
            query.after?.startsWith(`list/${each}:`),
          );
          return adapter.list({ ...query, ...(order && { order }) });
        },
      }),
  },
  {
    promise: "P9",
    name: "polls from the beginning when it cannot read the cursor",
    break: (adapter) =>
      decorate(adapter, {
        poll: (request) =>
          leniently(
            () => adapter.poll(request),
            () => adapter.poll(without(request, "after")),
          ),
      }),
  },
  {
    promise: "P23",
    name: "finds no events behind what is no cursor",
    break: (adapter) =>
      decorate(adapter, {
        events: (query) =>
          leniently(
            () => adapter.events(query),
            async () => ({ items: [], cursors: [], after: query.after ?? "" }),
          ),
      }),
  },
];

/** Does something else where an argument is refused. */
async function leniently<T>(call: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isQueueError(error, "INVALID")) return instead();
    throw error;
  }
}
