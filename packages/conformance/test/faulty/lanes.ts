import { laneOf } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";

/** Breaks what P19 says about pausing, about settings, and about what is told of lanes. */
export const lanes: readonly Fault[] = [
  {
    promise: "P19",
    name: "gives jobs of a paused lane that are asked for by id",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          if (!request.ids) return adapter.poll(request);
          const paused = (await adapter.lanes()).filter((lane) => lane.settings.paused).map((lane) => lane.lane);
          for (const lane of paused) await adapter.configure(lane, { paused: null });
          const result = await adapter.poll(request);
          for (const lane of paused) await adapter.configure(lane, { paused: true });
          return result;
        },
      }),
  },
  {
    promise: "P19",
    name: "does not pause at all",
    break: (adapter) =>
      decorate(adapter, { configure: (lane, settings) => adapter.configure(lane, without(settings, "paused")) }),
  },
  {
    promise: "P19",
    name: "forgets the settings that are not named",
    break: (adapter) =>
      decorate(adapter, {
        configure: (lane, settings) =>
          adapter.configure(lane, { paused: null, keep: null, history: null, ...settings }),
      }),
  },
  {
    promise: "P19",
    name: "counts delayed jobs as waiting",
    break: (adapter) =>
      decorate(adapter, {
        lanes: async (query) =>
          (await adapter.lanes(query)).map((lane) => {
            const { delayed = 0, ...counts } = lane.counts;
            return delayed === 0
              ? lane
              : { ...lane, counts: { ...counts, waiting: (counts["waiting"] ?? 0) + delayed } };
          }),
      }),
  },
  {
    promise: "P19",
    name: "refuses changes in a paused lane",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const lanes = await adapter.lanes();
          const isPaused = (id: string) => lanes.some(({ lane, settings }) => lane === laneOf(id) && settings.paused);
          return oneByOne(changes, async (each) =>
            isPaused(each.id)
              ? { status: "conflict", state: "active", token: 0, version: 0 }
              : change(adapter, each, at),
          );
        },
      }),
  },
  {
    promise: "P19",
    name: "tells since when the first job in line has been due, in place of the one that has waited longest",
    break: (adapter) =>
      decorate(adapter, {
        lanes: async (query) => {
          const lanes = await adapter.lanes(query);
          const firsts = lanes.map(async (status) => {
            const { items } = await adapter.list({
              lanes: [status.lane],
              states: ["waiting"],
              order: "poll",
              limit: 1,
              ...query,
            });
            return { ...status, oldestDueAt: items[0]?.runAt ?? null };
          });
          return Promise.all(firsts);
        },
      }),
  },
  {
    promise: "P19",
    name: "counts no further than a thousand",
    break: (adapter) =>
      decorate(adapter, {
        lanes: async (query) =>
          (await adapter.lanes(query)).map(({ counts, ...lane }) => {
            const counted = Object.entries(counts).map(([state, count]) => [state, Math.min(count, 1000)]);
            return { ...lane, counts: Object.fromEntries(counted) as typeof counts };
          }),
      }),
  },
  {
    promise: "P19",
    name: "goes on counting jobs that are pruned",
    break: (adapter) => {
      let pruned = 0;
      return decorate(adapter, {
        remove: async (query) => {
          const count = await adapter.remove(query);
          if (!("ids" in query)) pruned += count;
          return count;
        },
        lanes: async (query) =>
          (await adapter.lanes(query)).map((lane) =>
            pruned > 0 ? { ...lane, counts: { ...lane.counts, failed: (lane.counts["failed"] ?? 0) + pruned } } : lane,
          ),
      });
    },
  },
];
