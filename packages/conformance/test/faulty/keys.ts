import {
  type Adapter,
  type Change,
  holdsKey,
  isTerminal,
  type Job,
  type NewJob,
  takesKeyAgain,
  type Unique,
} from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";
import { find, onceReopened, onceTogether, outsideTransactions, storing } from "./shaping.ts";

/** Breaks P17, and what P12 says about keys. */
export const keys: readonly Fault[] = [
  {
    promise: "P17",
    name: "keeps a key that was given up for good",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map((each) => ({ ...each, set: without(each.set, "unique") })),
            at,
          ),
      }),
  },
  rekeyed("does not know keys", () => undefined),
  rekeyed("knows keys by their type as well", ({ key, until }, { type }) => ({ key: `${type} ${key}`, until })),
  rekeyed("does not tell upper from lower case in keys", ({ key, until }) => ({ key: key.toLowerCase(), until })),
  rekeyed("frees a key when its job starts, whatever it says", ({ key }) => ({ key, until: "started" })),
  rekeyed("holds a key until its job ends, whatever it says", ({ key, until }) => ({
    key,
    until: until === "started" ? "finished" : until,
  })),
  rekeyed("holds a key for a window no longer than its job lasts", ({ key, until }) => ({
    key,
    until: typeof until === "object" ? "finished" : until,
  })),
  rekeyed("holds a key for a millisecond too long", ({ key, until }) => ({
    key,
    until: typeof until === "object" ? { windowMs: until.windowMs + 1 } : until,
  })),
  rekeyed("lets blocked jobs hold no key", (unique, job) => (job.dependsOn ? undefined : unique)),
  inserted("looks for a key once per call", (adapter) => async (jobs, at) => {
    const seen = new Set<string>();
    const call = jobs.map((job) => {
      const key = `${job.lane} ${job.unique?.key}`;
      return job.unique && seen.size === seen.add(key).size ? (without(job, "unique") as NewJob) : job;
    });
    return adapter.insert(call, at);
  }),
  inserted("looks for a key in every lane", (adapter) => async (jobs, at = {}) => {
    const now = at.now ?? Date.now();
    const held = await find(adapter, (job) => holdsKey(job, now));
    const outcomes = await adapter.insert(jobs, at);
    return outcomes.map((outcome, i) => {
      const holder = held.find((job) => job.unique?.key === jobs[i]?.unique?.key);
      return outcome.status === "added" && holder
        ? { status: "existing", id: holder.id, by: "unique", job: holder }
        : outcome;
    });
  }),
  inserted("tells the refused job instead of the one that holds the key", (adapter) => async (jobs, at) => {
    const outcomes = await adapter.insert(jobs, at);
    return outcomes.map((each, i) => (each.status === "existing" ? { ...each, id: jobs[i]?.id ?? "" } : each));
  }),
  inserted("looks at keys before it looks at ids", (adapter) => async (jobs, at) => {
    const outcomes = await adapter.insert(jobs, at);
    return outcomes.map((each, i) =>
      each.status === "existing" && jobs[i]?.unique && !isTerminal(each.job.state) ? { ...each, by: "unique" } : each,
    );
  }),
  inserted("looks at keys before it looks at the ids of the same call", (adapter) => async (jobs, at = {}) => {
    const now = at.now ?? Date.now();
    const held = await find(adapter, (job) => holdsKey(job, now));
    const outcomes = await adapter.insert(jobs, at);
    return outcomes.map((outcome, i) => {
      const isTwin = jobs.slice(0, i).some((job) => job.id === jobs[i]?.id);
      const holder = held.find((job) => job.lane === jobs[i]?.lane && job.unique?.key === jobs[i]?.unique?.key);
      return isTwin && holder ? { status: "existing", id: holder.id, by: "unique", job: holder } : outcome;
    });
  }),
  inserted(
    "adds what it can of an `allOrNone` call with keys",
    (adapter) => (jobs, at) => adapter.insert(jobs, jobs.some((job) => job.unique) ? { ...at, allOrNone: false } : at),
  ),
  {
    promise: "P17",
    name: "goes on holding the key of a job that was removed",
    break(adapter) {
      const removed: Job[] = [];
      return decorate(adapter, {
        remove: async (query) => {
          const before = await find(adapter, (job) => job.unique !== undefined);
          const count = await adapter.remove(query);
          const found = await adapter.get(before.map((job) => job.id));
          removed.push(...before.filter((_, i) => found[i] === null));
          return count;
        },
        insert: async (jobs, at) => {
          const outcomes = await adapter.insert(jobs, at);
          return outcomes.map((each, i) => {
            const holder = removed.find((job) => job.unique && job.unique.key === jobs[i]?.unique?.key);
            return holder ? { status: "existing", id: holder.id, by: "unique", job: holder } : each;
          });
        },
      });
    },
  },
  {
    promise: "P17",
    name: "goes on holding the key of a job that its lane does not keep",
    break: (adapter) => storing(adapter, (job) => (job.unique && job.keep ? (without(job, "keep") as NewJob) : job)),
  },
  lettingGo("lets a key go when its job is moved on without a lease", {
    afterPoll: (job) => job.lease === undefined,
  }),
  lettingGo("does not hold a key again between two attempts", {
    afterChange: (_, after) => after.lease === undefined && after.state === "waiting" && after.attempt > 0,
  }),
  lettingGo("does not hold a key again once its job is retried", {
    afterChange: (before, after) => isTerminal(before.state) && !isTerminal(after.state),
  }),
  {
    promise: "P17",
    name: "tells the ids of successors that it did not store",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) =>
          (await adapter.cas(changes, at)).map((outcome, i) => {
            const spawned = changes[i]?.spawn?.map((job) => job.id);
            return outcome.status === "ok" && spawned ? { ...outcome, spawned } : outcome;
          }),
      }),
  },
  { promise: "P17", name: "brings a key back that another job holds", break: bringingBack },
  { promise: "P12", name: "brings a key back that another job holds", break: bringingBack },
  {
    promise: "P12",
    name: "answers `conflict` for a duplicate",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) =>
          (await adapter.cas(changes, at)).map((outcome) =>
            outcome.status === "duplicate" ? { status: "conflict", state: "", token: 0, version: 0 } : outcome,
          ),
      }),
  },
  judging("looks for the key before it looks at what was expected", (before, after, now) =>
    takesKeyAgain(before, after, now),
  ),
  judging(
    "asks for the key at every change that leaves the job unfinished",
    (before, after) => !isTerminal(after.state) && !before.finishedAt,
  ),
  judging(
    "asks for the key of a window once more when its job is retried",
    (before) => typeof before.unique?.until === "object",
  ),
  {
    promise: "P17",
    name: "forgets who holds a key when it is closed",
    break: (adapter) => onceReopened(adapter, (each) => storing(each, (job) => without(job, "unique") as NewJob)),
  },
  {
    promise: "P17",
    name: "looks for a key first and stores the job afterwards",
    break: (adapter) =>
      onceTogether(adapter, "insert", (each) => storing(each, (job) => without(job, "unique") as NewJob)),
  },
  { promise: "P17", name: "takes keys outside of the caller's transaction", break: outsideTransactions },
];

function rekeyed(name: string, key: (unique: Unique, job: NewJob) => Unique | undefined): Fault {
  const rekey = (job: NewJob): NewJob => {
    const unique = job.unique && key(job.unique, job);
    return unique ? { ...job, unique } : (without(job, "unique") as NewJob);
  };
  return { promise: "P17", name, break: (adapter) => storing(adapter, rekey) };
}

function inserted(name: string, insert: (adapter: Adapter) => Adapter["insert"]): Fault {
  return { promise: "P17", name, break: (adapter) => decorate(adapter, { insert: insert(adapter) }) };
}

/** Frees the keys of jobs to which something happened. */
function lettingGo(
  name: string,
  when: { afterPoll?: (job: Job) => boolean; afterChange?: (before: Job, after: Job) => boolean },
): Fault {
  const letGo = (adapter: Adapter): Adapter => {
    const free = new Set<string>();
    return decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const job of result.jobs) if (when.afterPoll?.(job)) free.add(job.id);
        return result;
      },
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const [before] = await adapter.get([each.id]);
          const outcome = await change(adapter, each, at);
          const [after] = await adapter.get([each.id]);
          if (before && after && when.afterChange?.(before, after)) free.add(each.id);
          return outcome;
        }),
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        for (const [i, job] of jobs.entries()) {
          const outcome = outcomes[i];
          if (outcome?.status !== "existing" || outcome.by === "id" || !free.has(outcome.id)) continue;
          const [again] = await adapter.insert([without(job, "unique") as NewJob], at);
          if (again) outcomes[i] = again;
        }
        return outcomes;
      },
    });
  };
  return { promise: "P17", name, break: letGo };
}

/** Makes changes that were refused as duplicates, by leaving the holder without its key. */
function bringingBack(adapter: Adapter): Adapter {
  return decorate(adapter, {
    cas: (changes, at) =>
      oneByOne(changes, async (each) => {
        const outcome = await change(adapter, each, at);
        if (outcome.status !== "duplicate") return outcome;
        const [holder] = await adapter.get([outcome.id]);
        await adapter.remove({ ids: [outcome.id] });
        const forced = await change(adapter, each, at);
        if (holder) await adapter.insert([without(holder, "unique") as Job], at);
        return forced;
      }),
  });
}

/** Answers `duplicate` before anything else when it takes a change for one that needs the key. */
function judging(name: string, needsKey: (before: Job, after: Job, now: number) => boolean): Fault {
  const judge = (adapter: Adapter): Adapter =>
    decorate(adapter, {
      cas: (changes, at = {}) =>
        oneByOne(changes, async (each: Change) => {
          const now = at.now ?? Date.now();
          const [before] = await adapter.get([each.id]);
          if (!before?.unique) return change(adapter, each, at);
          const after: Job = { ...without(before, "lease"), state: each.set.state ?? before.state };
          const others = await find(adapter, (job) => job.id !== before.id && job.unique?.key === before.unique?.key);
          const holder = others.find((job) => holdsKey(job, now));
          return holder && needsKey(before, after, now)
            ? { status: "duplicate", id: holder.id }
            : change(adapter, each, at);
        }),
    });
  return { promise: "P12", name, break: judge };
}
