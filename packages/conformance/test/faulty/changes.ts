import { type Adapter, type CasOutcome, isTerminal } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, changing, changingBy, type Fault, later, oneByOne, showing, without } from "./fault.ts";
import { storing } from "./shaping.ts";

/** Breaks P11, P12 and P14 by what a change does. */
export const changes: readonly Fault[] = [
  fault("P11", "does not tell upper from lower case in states", (adapter) =>
    storing(adapter, (job) => ({ ...job, state: job.state.toLowerCase() })),
  ),
  fault("P11", "ends the lease of a job that moves on within it", (adapter) =>
    changing(adapter, (each) => (each.set.state ? { ...each, set: without(each.set, "leaseMs") } : each)),
  ),
  fault("P11", "does not know when a poll finished a job", (adapter) => {
    const polled = new Set<string>();
    const noting = decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const { id, state } of result.jobs) if (isTerminal(state)) polled.add(id);
        return result;
      },
    });
    return showing(noting, (job) => (polled.has(job.id) ? without(job, "finishedAt") : job));
  }),
  fault("P12", "takes null for a field that is not named", (adapter) =>
    changing(adapter, (each) => ({
      ...each,
      set: Object.fromEntries(Object.entries(each.set).filter(([, value]) => value !== null)),
    })),
  ),
  fault("P12", "looks at the first of several expected states", (adapter) =>
    changing(adapter, ({ expect, ...each }) => ({
      ...each,
      expect: { ...expect, ...(Array.isArray(expect.state) && { state: expect.state.slice(0, 1) as string[] }) },
    })),
  ),
  fault("P12", "makes a thousand changes of a call", (adapter) =>
    decorate(adapter, {
      cas: async (all, at) => {
        const outcomes = await adapter.cas(all.slice(0, 1000), at);
        return all.map((_, i): CasOutcome => outcomes[i] ?? { status: "ok", version: 3 });
      },
    }),
  ),
  fault("P12", "ends the lease at every change", (adapter) =>
    changingBy(adapter, (each, job) => {
      const { state, leaseMs } = each.set;
      return job.lease && state === undefined && leaseMs === undefined
        ? { ...each, set: { ...each.set, state: job.state } }
        : each;
    }),
  ),
  fault("P12", "renews leases that have ended", (adapter) =>
    decorate(adapter, {
      cas: (all, at) =>
        oneByOne(all, async (each) => {
          const [job] = await adapter.get([each.id]);
          const isRenewal = each.set.leaseMs !== undefined && job?.lease !== undefined;
          return change(adapter, each, isRenewal ? { ...at, now: job.lease.until - 1 } : at);
        }),
    }),
  ),
  fault("P12", "counts `delayMs` from when the job was due before", (adapter) =>
    changingBy(adapter, (each, job) => {
      const { delayMs, ...set } = each.set;
      return delayMs === undefined ? each : { ...each, set: { ...set, runAt: job.runAt + delayMs } };
    }),
  ),
  fault("P12", "looks at the version first and makes the change afterwards", (adapter) =>
    decorate(adapter, {
      cas: async (all, at) => {
        const found = await adapter.get(all.map((each) => each.id));
        await later();
        return oneByOne(all, async (each) => {
          const { version, ...expect } = each.expect;
          const before = found.find((job) => job?.id === each.id);
          const [job] = await adapter.get([each.id]);
          if (version === undefined || before?.version !== version || !job) return change(adapter, each, at);
          return change(adapter, { ...each, expect: { ...expect, version: job.version } }, at);
        });
      },
    }),
  ),
  fault("P14", "does not give a retried job its attempts back", (adapter) =>
    changingBy(adapter, (each, job) =>
      isTerminal(job.state) && each.set.state
        ? { ...each, set: { attempt: Math.max(1, job.attempt), ...each.set } }
        : each,
    ),
  ),
];

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}
