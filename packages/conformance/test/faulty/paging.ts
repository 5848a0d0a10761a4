import { decorate } from "../../src/decorate.ts";
import type { Fault } from "./fault.ts";

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
];
