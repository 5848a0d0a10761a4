import { type Adapter, type Change, isTerminal, type Job } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, changingBy, type Fault, later, showing, without } from "./fault.ts";
import { find } from "./shaping.ts";

/** Breaks P15 and P16 by what becomes of attempts and their errors. */
export const trying: readonly Fault[] = [
  fault("P15", "gives an ended lease to every rescuer that looks at the same time", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const { expired: most = 0, lease, now = Date.now() } = request;
        const looked = lease ? await find(adapter, (job) => job.lease !== undefined && job.lease.until <= now) : [];
        await later();
        const result = await adapter.poll(request);
        const taken = new Set(result.expired.map((job) => job.id));
        const others = looked.filter((job) => !taken.has(job.id)).slice(0, most - taken.size);
        return { ...result, expired: [...result.expired, ...others] };
      },
    }),
  ),
  fault("P15", "takes nothing over in a poll that asks for jobs as well", (adapter) =>
    decorate(adapter, {
      poll: (request) => adapter.poll(request.limit > 0 ? without(request, "expired") : request),
    }),
  ),
  fault("P15", "takes leases over a second before they end", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const { now = Date.now(), expired = 0 } = request;
        const result = await adapter.poll({ ...request, expired: 0 });
        if (expired === 0) return result;
        const early = await adapter.poll({ ...request, limit: 0, now: now + 1000 });
        return { ...result, expired: early.expired };
      },
    }),
  ),
  fault("P15", "does not wait before the next attempt", (adapter) =>
    changing(adapter, (each) =>
      each.set.error ? { ...each, set: without(without(each.set, "delayMs"), "runAt") } : each,
    ),
  ),
  fault("P15", "counts a failed attempt twice", (adapter) =>
    changingBy(adapter, (each, job) =>
      each.set.error ? { ...each, set: { ...each.set, attempt: job.attempt + 1 } } : each,
    ),
  ),
  fault("P15", "charges a job that is handed back", (adapter) =>
    changing(adapter, (each) => ({ ...each, set: without(each.set, "attempt") })),
  ),
  fault("P15", "settles again what its holder has settled in time", (adapter) => {
    const given = new Map<string, Job>();
    return decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const job of result.jobs) given.set(job.id, job);
        const { now, expired } = result;
        const ended = expired.length > 0 || !request.expired ? [] : [...given.values()];
        const late = ended.filter((job) => job.lease !== undefined && job.lease.until <= now);
        const found = await adapter.get(late.map((job) => job.id));
        return { ...result, expired: [...expired, ...late.filter((_, i) => isDone(found[i] ?? null))] };
      },
    });
  }),
  fault("P16", "forgets the error of a job that succeeds after all", (adapter) =>
    showing(adapter, (job) => (job.state === "completed" ? without(job, "error") : job)),
  ),
  fault("P16", "records an error with the job that its holder had before", (adapter) => {
    let before: string | undefined;
    let last: string | undefined;
    const noting = decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const { id } of result.jobs) [before, last] = [last, id];
        return result;
      },
    });
    return decorate(noting, {
      events: async (query) => {
        const page = await adapter.events(query);
        const misled = page.items.map((event) =>
          event.kind === "failed" && before !== undefined && event.id === last ? { ...event, id: before } : event,
        );
        return { ...page, items: misled };
      },
    });
  }),
  failing("P16", "keeps no code or stack of an error", ({ message }) => ({ message })),
  failing("P16", "cuts messages after a hundred characters", (error) => ({
    ...error,
    message: error.message.slice(0, 100),
  })),
  {
    promise: "P16",
    name: "keeps only the last error",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return {
            ...page,
            items: page.items.filter((event, i) => event.kind !== "failed" || i === page.items.length - 1),
          };
        },
      }),
  },
];

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}

function isDone(job: Job | null): boolean {
  return job !== null && isTerminal(job.state);
}

function failing(
  promise: Fault["promise"],
  name: string,
  shorten: (error: NonNullable<Change["set"]["error"]>) => NonNullable<Change["set"]["error"]>,
): Fault {
  const make = ({ set, ...each }: Change): Change => ({
    ...each,
    set: set.error === undefined ? set : { ...set, error: shorten(set.error) },
  });
  return {
    promise,
    name,
    break: (adapter) => decorate(adapter, { cas: (changes, at) => adapter.cas(changes.map(make), at) }),
  };
}
