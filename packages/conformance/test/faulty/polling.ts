import { type Adapter, isTerminal, type Job, type PollRequest } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, type Fault, showing, without } from "./fault.ts";
import { find } from "./shaping.ts";

/** Breaks P6 by what a poll finds, and what it answers. */
export const polling: readonly Fault[] = [
  fault("takes a lane that it does not know for an error", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const known = new Set((await adapter.lanes()).map(({ lane }) => lane));
        for (const share of request.lanes ?? []) {
          if (typeof share === "string" && !known.has(share)) throw new Error(`There is no lane ${share}.`);
        }
        return adapter.poll(request);
      },
    }),
  ),
  fault("answers polled jobs as they were before", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const before = new Map((await find(adapter, () => true)).map((job) => [job.id, job]));
        const result = await adapter.poll(request);
        return { ...result, jobs: result.jobs.map((job) => before.get(job.id) ?? job) };
      },
    }),
  ),
  fault("gives a leased job once more to its own holder", (adapter) => {
    const again = new Set<string>();
    return decorate(adapter, {
      poll: async (request) => {
        const { lease, limit, now = Date.now(), lanes } = request;
        const held = await find(
          adapter,
          ({ id, lease: own }) => own?.holder === lease?.holder && (own?.until ?? 0) > now && !again.has(id),
          lanes && { lanes: lanes.map((share) => (typeof share === "string" ? share : share.lane)) },
        );
        const result = await adapter.poll(request);
        const room = Math.max(0, limit - result.jobs.length);
        for (const { id } of held.slice(0, room)) again.add(id);
        return { ...result, jobs: [...result.jobs, ...held.slice(0, room)] };
      },
    });
  }),
  fault("ends a renewed lease at its old time", (adapter) => changing(adapter, (each) => shortened(each))),
  fault("begins at the same lane each time", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const lanes = (await adapter.lanes()).map(({ lane }) => lane);
        return adapter.poll(request.lanes || request.ids ? request : { ...request, lanes });
      },
    }),
  ),
  fault("gives jobs that are asked for by id before they are due", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const { ids, now = Date.now() } = request;
        const early = (await adapter.get(ids ?? [])).flatMap((job) => (job && job.runAt > now ? [job] : []));
        const set = { runAt: now };
        await adapter.cas(early.map(({ id, version }) => ({ id, expect: { version }, set })));
        return adapter.poll(request);
      },
    }),
  ),
  fault("gives the next job to a poll that has found nothing and gone", (adapter) => {
    let waiting: PollRequest | undefined;
    return decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        waiting = result.jobs.length === 0 && request.limit > 0 ? without(request, "now") : undefined;
        return result;
      },
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        if (waiting) await adapter.poll({ ...waiting, ...(at?.now && { now: at.now }) });
        waiting = undefined;
        return outcomes;
      },
    });
  }),
  fault("lists no lease that has ended", (adapter) =>
    decorate(adapter, {
      list: async (query) => {
        const { now = Date.now() } = query;
        const page = await adapter.list(query);
        const shown = (job: Job) => (job.lease && job.lease.until <= now ? (without(job, "lease") as Job) : job);
        return { ...page, items: page.items.map(shown) };
      },
    }),
  ),
  fault("gives finished jobs that are asked for by id", byId, "P14"),
  {
    promise: "P14",
    name: "has a state of its own for jobs between two attempts",
    break: (adapter) =>
      showing(adapter, (job) => (job.state === "waiting" && job.attempt > 0 ? { ...job, state: "retrying" } : job)),
  },
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter, promise: Fault["promise"] = "P6"): Fault {
  return { promise, name, break: breaking };
}

/** Leaves leases as they are, and says that they were renewed. */
function shortened(each: Parameters<Adapter["cas"]>[0][number]): typeof each {
  const { leaseMs, ...set } = each.set;
  return leaseMs === undefined || set.state !== undefined ? each : { ...each, set };
}

function byId(adapter: Adapter): Adapter {
  return decorate(adapter, {
    poll: async (request) => {
      const result = await adapter.poll(request);
      const asked = await adapter.get(request.ids ?? []);
      const done = asked.filter((job): job is Job => job !== null && isTerminal(job.state));
      return { ...result, jobs: [...result.jobs, ...done].slice(0, request.limit) };
    },
  });
}
