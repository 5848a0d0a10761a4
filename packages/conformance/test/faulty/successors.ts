import { laneOf } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, changing, type Fault, later, oneByOne, without } from "./fault.ts";

/** Breaks P13a. */
export const successors: readonly Fault[] = [
  {
    promise: "P13a",
    name: "spawns into the parent's lane only",
    break: (adapter) =>
      changing(adapter, (each) => ({
        ...each,
        ...(each.spawn && { spawn: each.spawn.filter((job) => job.lane === laneOf(each.id)) }),
      })),
  },
  {
    promise: "P13a",
    name: "spawns though the change was refused",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          await adapter.insert(
            changes.flatMap((each) => each.spawn ?? []),
            at,
          );
          return adapter.cas(changes, at);
        },
      }),
  },
  {
    promise: "P13a",
    name: "forgets to spawn",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(
            changes.map((each) => without(each, "spawn")),
            at,
          );
          return outcomes.map((outcome, i) => {
            const spawned = changes[i]?.spawn?.map((job) => job.id);
            return outcome.status === "ok" && spawned ? { ...outcome, spawned } : outcome;
          });
        },
      }),
  },
  {
    promise: "P13a",
    name: "gives up a change of which a successor exists",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const found = await adapter.get((each.spawn ?? []).map((job) => job.id));
            if (found.every((job) => job === null)) return change(adapter, each, at);
            return { status: "duplicate", id: each.id };
          }),
      }),
  },
  {
    promise: "P13a",
    name: "spawns in reverse order",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const reversed = changes.map((each) => (each.spawn ? { ...each, spawn: each.spawn.toReversed() } : each));
          const outcomes = await adapter.cas(reversed, at);
          return outcomes.map((outcome) =>
            outcome.status === "ok" && outcome.spawned
              ? { ...outcome, spawned: outcome.spawned.toReversed() }
              : outcome,
          );
        },
      }),
  },
  {
    promise: "P13a",
    name: "spawns in a step after that of the change",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(
            changes.map((each) => without(each, "spawn")),
            at,
          );
          for (let i = 0; i < 3; i++) await later();
          const due = changes.map(({ spawn = [] }, i) => (outcomes[i]?.status === "ok" ? spawn : []));
          await adapter.insert(due.flat(), at);
          return outcomes.map((outcome, i) =>
            outcome.status === "ok" && changes[i]?.spawn
              ? { ...outcome, spawned: (due[i] ?? []).map((job) => job.id) }
              : outcome,
          );
        },
      }),
  },
];
