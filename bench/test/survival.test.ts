import { expect, it } from "vitest";
import type { Machine } from "../src/machine.ts";
import { asItSurvives } from "../src/survival.ts";
import { others, ours, subjectNamed } from "../src/subjects/index.ts";
import { resultOf } from "./measured.ts";

function durabilityOf(name: string, parts: Partial<Machine>): string {
  return asItSurvives(subjectNamed(name), { ...resultOf([]).machine, ...parts }).durability;
}

const inMemory = { disk: { fileSystem: "tmpfs", device: "tmpfs" } };
const postgres = (settings: Readonly<Record<string, string>>, whose: "yours" | "of this run" = "yours") => ({
  servers: { postgres: { whose, fsync: "on", synchronous_commit: "on", ...settings } },
});
const redis = (settings: Readonly<Record<string, string>>) => ({
  servers: { redis: { whose: "yours" as const, ...settings } },
});

it.each([
  { name: "anyqueue sqlite FULL", on: {}, is: "power-loss" },
  { name: "anyqueue sqlite FULL", on: inMemory, is: "crash" },
  { name: "anyqueue memory", on: inMemory, is: "none" },
  { name: "anyqueue postgres ON", on: { ...inMemory, ...postgres({}, "of this run") }, is: "crash" },
  { name: "anyqueue postgres ON", on: { ...inMemory, ...postgres({}) }, is: "power-loss" },
  { name: "anyqueue postgres ON", on: postgres({ fsync: "off" }), is: "crash" },
  { name: "anyqueue postgres ON", on: postgres({ synchronous_commit: "off" }), is: "power-loss" },
  { name: "graphile-worker", on: postgres({ synchronous_commit: "off" }), is: "crash" },
  { name: "graphile-worker", on: postgres({}), is: "power-loss" },
  { name: "bee-queue", on: redis({ appendonly: "yes" }), is: "crash" },
  { name: "bee-queue", on: redis({ appendonly: "no", save: "3600 1" }), is: "snapshot" },
  { name: "bee-queue", on: redis({ appendonly: "no", save: "" }), is: "none" },
  { name: "anyqueue sqlite FULL", on: { ...postgres({ fsync: "off" }) }, is: "power-loss" },
])("$name on $on survives: $is", ({ name, on, is }) => {
  expect(durabilityOf(name, on)).toBe(is);
});

it.each([inMemory, postgres({ fsync: "off" }), redis({ appendonly: "no", save: "" })])(
  "holds every floor to the same on %j, so that ratios stay ratios",
  (on) => {
    const unlike = [...ours, ...others].filter(
      ({ name, floor = name }) => durabilityOf(floor, on) !== durabilityOf(name, on),
    );
    expect(unlike).toEqual([]);
  },
);
