import { decide, isHeld, takeOver, type Job } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, later, oneByOne, without } from "./fault.ts";

/** Shows only when several call at the same time, on one handle or on several, or when one of them dies. */
export const turbulent: readonly Fault[] = [
  {
    promise: "P12",
    name: "compares first and sets afterwards",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const [before = null] = await adapter.get([each.id]);
            const { outcome, job } = decide(before, each, at?.now ?? Date.now());
            if (job === undefined || each.expect.token !== undefined) return first(await adapter.cas([each], at));
            await later();
            // Whatever it has become meanwhile, what was decided is done.
            const [present] = await adapter.get([each.id]);
            if (present) await adapter.cas([{ ...each, expect: { version: present.version } }], at);
            return outcome;
          }),
      }),
  },
  {
    promise: "P3",
    name: "looks for an id first and answers `added` to all who did not find it",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          const found = await adapter.get(jobs.map((job) => job.id));
          await later();
          const outcomes = await adapter.insert(jobs, at);
          return outcomes.map((each, i) => (found[i] ? each : { status: "added", id: jobs[i]?.id ?? "" }));
        },
      }),
  },
  {
    promise: "P15",
    name: "lets every rescuer take over what it saw a moment ago",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const { lanes, expired = 0, lease, now = Date.now() } = request;
          if (expired === 0 || !lease || lanes?.some((lane) => typeof lane !== "string")) return adapter.poll(request);
          const query = { states: ["active"], limit: 1000, ...(lanes && { lanes: lanes as readonly string[] }) };
          const { items } = await adapter.list(query);
          await later();
          const result = await adapter.poll(request);
          const told = items.filter((job) => !isHeld(job, now) && !result.expired.some(({ id }) => id === job.id));
          const again = told.map((job: Job) => takeOver(job, { ...lease, token: job.token + 1 }, now));
          return { ...result, expired: [...result.expired, ...again].slice(0, expired) };
        },
      }),
  },
  {
    promise: "P13",
    name: "lets a process settle what it once held, however long it was away",
    isBetweenProcesses: true,
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const kept = await adapter.get(changes.map(({ id }) => id));
          const freed = changes.map((each, i) => {
            if (each.expect.token === undefined) return each;
            return { ...each, expect: { ...without(each.expect, "token"), version: kept[i]?.version ?? 0 } };
          });
          return adapter.cas(freed, at);
        },
      }),
  },
];

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error("There was no answer.");
  return item;
}
