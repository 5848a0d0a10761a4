import { setTimeout as sleep } from "node:timers/promises";
import { type Adapter, isTerminal, type Job, type NewJob, type PollResult } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, later, without } from "./fault.ts";
import { find, meanwhile, pollingAs } from "./shaping.ts";

/** Shows only between processes: what one of them has not written yet, or does not know of the others. */
export const racing: readonly Fault[] = [
  between("P1", "acknowledges an insert before it is stored", (adapter) => {
    let last: Promise<unknown> = Promise.resolve();
    return decorate(adapter, {
      insert: async (jobs, at) => {
        last = last
          .then(() => later())
          .then(() => adapter.insert(jobs, at))
          .catch(() => {});
        return jobs.map(({ id }) => ({ status: "added", id }));
      },
      close: async () => {
        await last;
        await adapter.close();
      },
    });
  }),
  between("P1", "answers a poll before its leases are stored", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const { limit, lease, now = 0 } = request;
        if (!lease || limit === 0) return adapter.poll(request);
        const { items } = await adapter.list({ states: ["waiting"], order: "poll", limit, now });
        void later()
          .then(() => adapter.poll({ ...request, limit: items.length }))
          .catch(() => {});
        return answerOf(items, lease, now);
      },
    }),
  ),
  between("P1", "lets leases live for twice as long as they were given", (adapter) =>
    decorate(adapter, {
      poll: ({ lease, ...request }) =>
        adapter.poll({ ...request, ...(lease && { lease: { ...lease, ms: 2 * lease.ms } }) }),
    }),
  ),
  between("P3", "looks for an id first and stores the job afterwards", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const found = await adapter.get(jobs.map((job) => job.id));
        // Long enough for the other process to look as well.
        await sleep(5);
        const outcomes = await adapter.insert(jobs, at);
        return outcomes.map((each, i) => (found[i] ? each : { status: "added", id: jobs[i]?.id ?? "" }));
      },
    }),
  ),
  between("P6", "claims a job twice when processes race: it looks first and takes afterwards", lookThenTake),
  between("P17", "looks for a key first and stores the job afterwards, in every process", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const held = await find(adapter, (job) => job.unique !== undefined && !isTerminal(job.state));
        const isFree = ({ unique }: NewJob) => unique && !held.some((job) => job.unique?.key === unique.key);
        // What was free a moment ago counts as free still.
        return adapter.insert(
          jobs.map((job) => (isFree(job) ? { ...job, unique: { key: job.id, until: "finished" } } : job)),
          at,
        );
      },
    }),
  ),
  between("P18", "knows only of the turns that it gave itself", (adapter) =>
    pollingAs(
      adapter,
      () => true,
      () => ({ keyConcurrency: 10_000 }),
    ),
  ),
  between("P19", "ignores a pause in other processes than the one that set it", (adapter) => {
    let known: Set<string> | undefined;
    return decorate(adapter, {
      configure: async (lane, settings) => {
        if (settings.paused) (known ??= new Set()).add(lane);
        await adapter.configure(lane, settings);
      },
      poll: async (request) => {
        if (known === undefined) {
          const paused = (await adapter.lanes()).filter(({ settings }) => settings.paused);
          known = new Set(paused.map(({ lane }) => lane));
        }
        const own = known;
        return meanwhile(
          adapter,
          ({ paused }, lane) => (paused && !own.has(lane) ? { paused: null } : {}),
          () => adapter.poll(request),
        );
      },
    });
  }),
  between("P19", "counts just the jobs that its own process added against the capacity", (adapter) => {
    let added = 0;
    return decorate(adapter, {
      insert: async (jobs, at) => {
        const [lane] = await adapter.lanes();
        const most = lane?.settings.capacity ?? Infinity;
        if (added + jobs.length > most) return jobs.map(() => ({ status: "full" }));
        added += jobs.length;
        return meanwhile(
          adapter,
          () => ({ capacity: null }),
          () => adapter.insert(jobs, at),
        );
      },
    });
  }),
  between(
    "P20",
    "cancels a job when two processes end at the same time what it depends on: neither sees the other's end",
    (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const ending = new Set(changes.map((each) => each.id));
          const looked = await find(adapter, () => true);
          const open = new Set(looked.filter(({ state }) => !isTerminal(state)).map((job) => job.id));
          const leftToOthers = looked.filter(
            ({ state, dependsOn = [] }) =>
              state === "blocked" && dependsOn.some((id) => open.has(id) && !ending.has(id)),
          );
          await later();
          const outcomes = await adapter.cas(changes, at);
          const now = await adapter.get(leftToOthers.map((job) => job.id));
          for (const job of now) {
            if (job?.state === "waiting" && job.dependsOn?.some((id) => ending.has(id))) await cancel(adapter, job);
          }
          return outcomes;
        },
      }),
  ),
];

/** Looks which jobs are due, and takes them in a second step, whoever has taken them in between. */
export function lookThenTake(adapter: Adapter): Adapter {
  return decorate(adapter, {
    poll: async (request) => {
      const { limit, lanes, now = Date.now(), lease } = request;
      const isPlain = Object.keys(without(request, "now")).every((key) => ["lanes", "limit", "lease"].includes(key));
      if (!isPlain || !lease || !lanes?.every((lane) => typeof lane === "string")) return adapter.poll(request);
      const { items } = await adapter.list({ lanes, states: ["waiting"], order: "poll", limit, now });
      await later();
      await adapter.poll({ ...without(request, "lanes"), ids: items.map((job) => job.id) });
      return answerOf(items, lease, now);
    },
  });
}

async function cancel(adapter: Adapter, { id, version }: Job): Promise<void> {
  await adapter.cas([{ id, expect: { version }, set: { state: "cancelled" } }]);
}

/** What a poll would have answered of these jobs. */
function answerOf(jobs: readonly Job[], { ms, holder }: { ms: number; holder: string }, now: number): PollResult {
  const taken = jobs.map((job) => {
    const lease = { token: job.token + 1, until: now + ms, holder, from: job.state };
    return { ...job, state: "active", attempt: job.attempt + 1, version: job.version + 1, token: lease.token, lease };
  });
  return { jobs: taken, expired: [], nextDueAt: now, now };
}

function between(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, isBetweenProcesses: true, break: breaking };
}
