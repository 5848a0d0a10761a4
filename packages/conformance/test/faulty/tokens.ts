import type { Adapter, Change, Job } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne } from "./fault.ts";

/** Breaks P13 by what becomes of tokens. */
export const tokens: readonly Fault[] = [
  renumbering("resets the token on retry", (ids, { id, set }) => {
    if (set.state === "waiting") ids.delete(id);
  }),
  {
    promise: "P13",
    name: "accepts a late completion after a requeue",
    break(adapter) {
      const requeued = new Set<string>();
      return decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const outcome = await change(adapter, each, at);
            if (outcome.status === "ok" && each.set.requeue) requeued.add(each.id);
            const isLate = outcome.status === "stale" && each.set.state === "completed" && requeued.has(each.id);
            if (!isLate) return outcome;
            return change(adapter, { ...each, expect: { version: outcome.version } }, at);
          }),
      });
    },
  },
];

/** Counts the leases of each job in place of giving tokens that rise, and forgets some counts. */
function renumbering(name: string, forget: (counts: Map<string, number>, made: Change) => void): Fault {
  const renumber = (adapter: Adapter): Adapter => {
    const counts = new Map<string, number>();
    const shown = new Map<string, number>();
    const show = (job: Job): Job => {
      const token = shown.get(job.id) ?? job.token;
      return { ...job, token, ...(job.lease && { lease: { ...job.lease, token } }) };
    };
    const lease = (job: Job): Job => {
      const count = (counts.get(job.id) ?? 0) + 1;
      counts.set(job.id, count);
      shown.set(job.id, count);
      return show(job);
    };
    return decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const isLeasing = request.lease !== undefined;
        return {
          ...result,
          jobs: result.jobs.map(isLeasing ? lease : show),
          expired: result.expired.map(lease),
        };
      },
      get: async (ids) => (await adapter.get(ids)).map((job) => job && show(job)),
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const [job] = await adapter.get([each.id]);
          const { token } = each.expect;
          // The token of a job's own count is the token of its lease.
          const real = job && token !== undefined && token === shown.get(each.id) ? job.token : token;
          const meant = real === undefined ? each : { ...each, expect: { ...each.expect, token: real } };
          const outcome = await change(adapter, meant, at);
          if (outcome.status === "ok") forget(counts, each);
          return outcome.status === "stale" || outcome.status === "conflict"
            ? { ...outcome, token: shown.get(each.id) ?? outcome.token }
            : outcome;
        }),
    });
  };
  return { promise: "P13", name, break: renumber };
}
