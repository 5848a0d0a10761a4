import { type Adapter, isTerminal } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, changingBy, type Fault, oneByOne, showing, without } from "./fault.ts";

/** Breaks P21 by what becomes of a job that is asked to stop. */
export const stopping: readonly Fault[] = [
  fault("cancels no delayed jobs", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const [job] = await adapter.get([each.id]);
          const isDelayed = job?.state === "waiting" && job.runAt > (at?.now ?? Date.now());
          if (!job || !each.set.cancel || !isDelayed) return change(adapter, each, at);
          return { status: "conflict", state: job.state, token: job.token, version: job.version };
        }),
    }),
  ),
  fault("cancels what was asked to stop, whatever its holder says", (adapter) =>
    changingBy(adapter, (each, job) =>
      job.cancelRequested && each.set.state && isTerminal(each.set.state)
        ? { ...each, set: { state: "cancelled" } }
        : each,
    ),
  ),
  fault("takes a held job away when it is asked to stop once more", (adapter) =>
    changingBy(adapter, (each, job) =>
      job.cancelRequested && each.set.cancel ? { ...each, set: { state: "cancelled" } } : each,
    ),
  ),
  fault("waits for a holder whose lease has ended", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const [job] = await adapter.get([each.id]);
          const isAsked = each.set.cancel === true && job?.lease !== undefined;
          return change(adapter, each, isAsked ? { ...at, now: job.lease.until - 1 } : at);
        }),
    }),
  ),
  fault("asks a retried job to stop once more", (adapter) => {
    const asked = new Set<string>();
    const noting = decorate(adapter, {
      cas: async (changes, at) => {
        const outcomes = await adapter.cas(changes, at);
        outcomes.forEach((each, i) => each.status === "ok" && each.cancelRequested && asked.add(changes[i]?.id ?? ""));
        return outcomes;
      },
    });
    return showing(noting, (job) => (asked.has(job.id) && job.lease ? { ...job, cancelRequested: true } : job));
  }),
  fault("forgets when a rescuer comes that the job was asked to stop", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        return { ...result, expired: result.expired.map((job) => without(job, "cancelRequested")) };
      },
    }),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P21", name, break: breaking };
}
