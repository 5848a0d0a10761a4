import { type Adapter, type InsertOutcome, isTerminal, type Job, type LaneSettings, laneOf } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { configuring } from "./by-call.ts";
import { type Fault, without } from "./fault.ts";
import { find, meanwhile, more, onceReopened, onceTogether, outsideTransactions } from "./shaping.ts";

/** Breaks what P19 says about the capacity of a lane. */
export const room: readonly Fault[] = [
  configuring("P19", "knows no capacity", (settings) => without(settings, "capacity")),
  configuring("P19", "takes one job more than the capacity says", (settings) =>
    settings.capacity ? { ...settings, capacity: settings.capacity + 1 } : settings,
  ),
  filling("counts finished jobs against the capacity", (jobs, settings) =>
    more(settings, "capacity", -jobs.filter(({ state }) => isTerminal(state)).length),
  ),
  filling("counts just waiting jobs against the capacity", (jobs, settings) =>
    more(settings, "capacity", jobs.filter(({ state }) => !isTerminal(state) && state !== "waiting").length),
  ),
  filling("counts no blocked jobs against the capacity", (jobs, settings) =>
    more(settings, "capacity", jobs.filter(({ state }) => state === "blocked").length),
  ),
  filling("looks for room once per call", (jobs, settings) => {
    const unfinished = jobs.filter(({ state }) => !isTerminal(state)).length;
    return unfinished < (settings.capacity ?? 0) ? { capacity: null } : {};
  }),
  fault("fills a lane no more once it was full", (adapter) => {
    const full = new Set<string>();
    return decorate(adapter, {
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(
          jobs.filter((job) => !full.has(job.lane)),
          at,
        );
        const answers = jobs.map((job) => (full.has(job.lane) ? ({ status: "full" } as const) : outcomes.shift()));
        answers.forEach((each, i) => each?.status === "full" && full.add(jobs[i]?.lane ?? ""));
        return answers.map((each) => each ?? { status: "full" });
      },
    });
  }),
  fault("fills up no lane once one of a call was full", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        let isFull = false;
        const answers: InsertOutcome[] = [];
        for (const job of jobs) {
          const outcomes: readonly InsertOutcome[] = isFull ? [] : await adapter.insert([job], at);
          const outcome = outcomes[0] ?? { status: "full" };
          isFull ||= outcome.status === "full";
          answers.push(outcome);
        }
        return answers;
      },
    }),
  ),
  fault("answers `full` for jobs that exist", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        const isFull =
          outcomes.some((each) => each.status === "full") ||
          (outcomes.length > 1 && outcomes.every((each) => each.status === "existing"));
        return outcomes.map((each) => (isFull && each.status === "existing" ? { status: "full" } : each));
      },
    }),
  ),
  fault("adds what fits of an `allOrNone` call", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) => adapter.insert(jobs, at?.allOrNone ? { ...at, allOrNone: false } : at),
    }),
  ),
  fault("refuses successors in a full lane", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const lanes = await adapter.lanes();
        const isFull = (name: string) => lanes.some(({ lane, settings }) => lane === name && settings.capacity);
        return adapter.cas(
          changes.map((each) => (isFull(laneOf(each.id)) ? { ...each, spawn: [] } : each)),
          at,
        );
      },
    }),
  ),
  fault("removes jobs when the capacity is lowered", (adapter) =>
    decorate(adapter, {
      configure: async (lane, settings) => {
        await adapter.configure(lane, settings);
        const jobs = await find(adapter, (job) => job.lane === lane);
        if (settings.capacity) await adapter.remove({ ids: jobs.slice(settings.capacity).map((job) => job.id) });
      },
    }),
  ),
  fault("fills a lane with a thousand jobs of a call", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs.slice(0, 1000), at);
        return jobs.map((_, i) => outcomes[i] ?? { status: "full" });
      },
    }),
  ),
  fault("lets the capacity overshoot when adders race", (adapter) =>
    onceTogether(adapter, "insert", (each) =>
      decorate(each, {
        insert: (jobs, at) =>
          meanwhile(
            each,
            () => ({ capacity: null }),
            () => each.insert(jobs, at),
          ),
      }),
    ),
  ),
  fault("fills lanes outside of the caller's transaction", outsideTransactions),
  fault("forgets the capacity when it is closed", (adapter) =>
    onceReopened(adapter, (each) =>
      decorate(each, {
        insert: (jobs, at) =>
          meanwhile(
            each,
            () => ({ capacity: null }),
            () => each.insert(jobs, at),
          ),
      }),
    ),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P19", name, break: breaking };
}

/** Inserts as if the lanes were set otherwise. */
function filling(name: string, change: (jobs: readonly Job[], settings: LaneSettings) => LaneSettings): Fault {
  return fault(name, (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const stored = await find(adapter, () => true);
        const asIf = (settings: LaneSettings, lane: string) =>
          change(
            stored.filter((job) => job.lane === lane),
            settings,
          );
        return meanwhile(adapter, asIf, () => adapter.insert(jobs, at));
      },
    }),
  );
}
