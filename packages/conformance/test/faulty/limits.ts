import { type Adapter, isTerminal, type Job, type LaneSettings } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { configuring } from "./by-call.ts";
import { type Fault, without } from "./fault.ts";
import { find, meanwhile, more, onceReopened, onceTogether, pollingAs } from "./shaping.ts";

/** Breaks what P19 says about the concurrency and the rate of a lane. */
export const limits: readonly Fault[] = [
  configuring("P19", "knows no concurrency", (settings) => without(settings, "concurrency")),
  configuring("P19", "leases one job more than the concurrency says", (settings) =>
    settings.concurrency ? { ...settings, concurrency: settings.concurrency + 1 } : settings,
  ),
  fault("has a clock that never goes back", (adapter) => {
    let latest = 0;
    return decorate(adapter, {
      poll: (request) => adapter.poll({ ...request, now: (latest = Math.max(latest, request.now ?? 0)) }),
    });
  }),
  fault("limits no polls by id", (adapter) => pollingAs(adapter, ({ ids }) => ids !== undefined, unlimited)),
  fault("limits no polls by type", (adapter) => pollingAs(adapter, ({ types }) => types !== undefined, unlimited)),
  fault("limits no polls by predicate", (adapter) => pollingAs(adapter, ({ where }) => where !== undefined, unlimited)),
  fault("limits no polls from custom states", (adapter) =>
    pollingAs(adapter, ({ from }) => from !== undefined, unlimited),
  ),
  fault("limits no polls without a lease", (adapter) =>
    pollingAs(adapter, ({ lease }) => lease === undefined, unlimited),
  ),
  holding("counts no leases that have ended", (jobs, settings, now) =>
    more(settings, "concurrency", jobs.filter(({ lease }) => lease && lease.until <= now).length),
  ),
  holding("counts no leases of rescuers", (jobs, settings) =>
    more(settings, "concurrency", jobs.filter(({ lease }) => lease?.holder === "rescuer").length),
  ),
  holding("counts no leases that go on in another state", (jobs, settings) =>
    more(settings, "concurrency", jobs.filter(({ lease, state }) => lease && state !== "active").length),
  ),
  holding("counts finished jobs as leases", (jobs, settings) =>
    more(settings, "concurrency", -jobs.filter(({ state }) => isTerminal(state)).length),
  ),
  holding("gives slots to jobs that wait for their turn", (jobs, settings) =>
    more(settings, "concurrency", jobs.some((job) => job.orderingKey !== undefined) ? -1 : 0),
  ),
  fault("limits how many leases are taken over", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const lanes = await adapter.lanes();
        const isLimited = lanes.some(({ settings }) => settings.concurrency);
        return adapter.poll(isLimited ? { ...request, expired: Math.min(1, request.expired ?? 0) } : request);
      },
    }),
  ),
  losing("keeps the slots of jobs that are removed", (job) => job === null),
  losing("keeps the slots of held jobs that are cancelled", (job) => job?.state === "cancelled"),
  fault("stops a poll at a lane that has a limit", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const limited = (await adapter.lanes()).find(({ settings }) => settings.concurrency)?.lane;
        const end = (request.lanes ?? []).findIndex((share) => share === limited);
        return adapter.poll(end < 0 ? request : { ...request, lanes: (request.lanes ?? []).slice(0, end + 1) });
      },
    }),
  ),
  fault("takes leases away when the concurrency is lowered", (adapter) =>
    decorate(adapter, {
      configure: async (lane, settings) => {
        await adapter.configure(lane, settings);
        const held = await find(adapter, (job) => job.lane === lane && job.lease !== undefined);
        const beyond = settings.concurrency ? held.slice(settings.concurrency) : [];
        await adapter.cas(beyond.map(({ id, version }) => ({ id, expect: { version }, set: { state: "waiting" } })));
      },
    }),
  ),
  fault("forgets limits when polls meet", (adapter) =>
    onceTogether(adapter, "poll", (each) => pollingAs(each, () => true, unlimited)),
  ),
  fault("forgets limits when it is closed", (adapter) =>
    onceReopened(adapter, (each) => pollingAs(each, () => true, unlimited)),
  ),

  configuring("P19", "knows no rate", (settings) => without(settings, "rate")),
  configuring("P19", "lets one job more begin in a burst", (settings) =>
    settings.rate
      ? { ...settings, rate: { ...settings.rate, burst: (settings.rate.burst ?? settings.rate.limit) + 1 } }
      : settings,
  ),
  configuring("P19", "takes the limit for the burst", (settings) =>
    settings.rate ? { ...settings, rate: without(settings.rate, "burst") } : settings,
  ),
  configuring("P19", "takes every burst for one", (settings) =>
    settings.rate ? { ...settings, rate: { ...settings.rate, burst: 1 } } : settings,
  ),
  configuring("P19", "fills the bucket half as fast", (settings) =>
    settings.rate ? { ...settings, rate: { ...settings.rate, periodMs: 2 * settings.rate.periodMs } } : settings,
  ),
  configuring("P19", "fills the bucket twice as fast", (settings) =>
    settings.rate ? { ...settings, rate: { ...settings.rate, periodMs: settings.rate.periodMs / 2 } } : settings,
  ),
  fault("keeps the first rate that was set", (adapter) => {
    const set = new Set<string>();
    return decorate(adapter, {
      configure: (lane, settings) =>
        adapter.configure(lane, set.size < set.add(lane).size || !settings.rate ? settings : without(settings, "rate")),
    });
  }),
  fault("begins with a full burst when a rate is set once more", (adapter) =>
    decorate(adapter, {
      configure: async (lane, settings) => {
        if (settings.rate) await adapter.configure(lane, { rate: null });
        await adapter.configure(lane, settings);
      },
    }),
  ),
  fault("keeps a rate that was reset", (adapter) =>
    decorate(adapter, {
      configure: (lane, settings) =>
        adapter.configure(lane, settings.rate === null ? without(settings, "rate") : settings),
    }),
  ),
  fault("counts jobs that are given a second time no more", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const again = await find(adapter, (job) => job.token > 0 && job.state === "waiting");
        return again.length > 0 ? meanwhile(adapter, unlimited, () => adapter.poll(request)) : adapter.poll(request);
      },
    }),
  ),
  fault("counts polls that find nothing", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        const rated = (await adapter.lanes()).filter(({ settings }) => settings.rate);
        for (const { lane } of result.jobs.length + result.expired.length === 0 ? rated : [])
          await begin(adapter, lane, request.now);
        return result;
      },
    }),
  ),
  fault("counts jobs that are taken over as begun", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const { lane } of result.expired) await begin(adapter, lane, request.now);
        return result;
      },
    }),
  ),
  fault("gains from a clock that goes back", (adapter) => {
    let last = 0;
    return decorate(adapter, {
      poll: (request) => {
        const isBack = (request.now ?? 0) < last;
        last = request.now ?? 0;
        return isBack ? meanwhile(adapter, unlimited, () => adapter.poll(request)) : adapter.poll(request);
      },
    });
  }),
  fault("keeps to the rate alone where a lane has two limits", (adapter) =>
    pollingAs(
      adapter,
      () => true,
      (settings) => (settings.rate ? { concurrency: null } : {}),
    ),
  ),
];

function unlimited(): LaneSettings {
  return { rate: null, concurrency: null };
}

/** Lets a job begin that nobody knows. */
async function begin(adapter: Adapter, lane: string, now = 0): Promise<void> {
  const id = `${lane}:$dummy`;
  await adapter.insert([{ id, lane, type: "dummy", payload: null, state: "dummy", priority: 0, maxAttempts: 1 }], {
    now,
  });
  await adapter.poll({ ids: [id], from: "dummy", to: "dummy2", limit: 1, now });
  await adapter.remove({ ids: [id] });
}

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P19", name, break: breaking };
}

/** Polls as if the lanes were set otherwise. */
function holding(
  name: string,
  change: (jobs: readonly Job[], settings: LaneSettings, now: number) => LaneSettings,
): Fault {
  return fault(name, (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const stored = await find(adapter, () => true);
        const asIf = (settings: LaneSettings, lane: string) =>
          change(
            stored.filter((job) => job.lane === lane),
            settings,
            request.now ?? Date.now(),
          );
        return meanwhile(adapter, asIf, () => adapter.poll(request));
      },
    }),
  );
}

/** Keeps the slots of held jobs of which, after a call, this is left. */
function losing(name: string, isLost: (job: Job | null) => boolean): Fault {
  return fault(name, (adapter) => {
    let lost = 0;
    const noting = async <T>(call: () => Promise<T>): Promise<T> => {
      const held = await find(adapter, (job) => job.lease !== undefined);
      const answer = await call();
      lost += (await adapter.get(held.map((job) => job.id))).filter(isLost).length;
      return answer;
    };
    const asIf = (settings: LaneSettings) => more(settings, "concurrency", -lost);
    return decorate(adapter, {
      cas: (changes, at) => noting(() => adapter.cas(changes, at)),
      remove: (query) => noting(() => adapter.remove(query)),
      poll: (request) => meanwhile(adapter, asIf, () => adapter.poll(request)),
    });
  });
}
