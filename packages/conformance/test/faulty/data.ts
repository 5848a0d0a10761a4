import type { Adapter, Job, Json } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, type Fault, showing } from "./fault.ts";

/** Breaks P2 elsewhere than in the payload of a new job. */
export const data: readonly Fault[] = [
  fault("takes empty lists for empty objects in results, progress and later payloads", (adapter) =>
    changing(adapter, ({ set, ...each }) => ({ ...each, set: JSON.parse(emptied(set)) as typeof set })),
  ),
  fault("takes empty lists for empty objects in events", (adapter) =>
    decorate(adapter, {
      append: (entries, at) =>
        adapter.append(
          entries.map((each) => ({ ...each, event: JSON.parse(emptied(each.event)) as Json })),
          at,
        ),
    }),
  ),
  fault("fills fields that do not apply with null", (adapter) =>
    showing(adapter, (job) => ({ group: null, result: null, ...job }) as unknown as Job),
  ),
  fault("stores the jobs of a call with the priority of the first", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) =>
        adapter.insert(
          jobs.map((job) => ({ ...job, priority: jobs[0]?.priority ?? job.priority })),
          at,
        ),
    }),
  ),
  fault("hands out its own objects, which others may change", (adapter) => {
    const own = new Map<string, Json>();
    return showing(adapter, (job) => {
      if (!own.has(job.id)) own.set(job.id, job.payload);
      return { ...job, payload: own.get(job.id) ?? job.payload };
    });
  }),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P2", name, break: breaking };
}

function emptied(value: unknown): string {
  return JSON.stringify(value).replaceAll("[]", "{}");
}
