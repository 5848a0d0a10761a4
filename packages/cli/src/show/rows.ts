import type { Job, OnParent } from "@anyqueue/api";
import { showKeep } from "../keep-option.ts";
import { humanDuration } from "../output/durations.ts";
import { printable } from "../output/printable.ts";
import { countOf } from "../output/table.ts";

type Row = readonly [name: string, value: string];

/** A job that another one depends on. */
export interface Dependency {
  readonly id: string;
  /** Null when it is not there: it was removed, or never added. */
  readonly state: string | null;
}

/** What makes a job unique, puts it in line, and keeps it. */
export function keyRows({ orderingKey, unique, keep }: Job): Row[] {
  return [
    ...(orderingKey === undefined ? [] : [["ordering key", printable(orderingKey)] as const]),
    ...(unique === undefined ? [] : [["unique key", `${printable(unique.key)} (${untilOf(unique)})`] as const]),
    ...(keep === undefined ? [] : [["keep", showKeep(keep)] as const]),
  ];
}

function untilOf({ until }: NonNullable<Job["unique"]>): string {
  if (typeof until === "string") return `until ${until}`;
  return `for ${humanDuration(until.windowMs)} after it was added`;
}

/** So many are named one by one. */
const NAMED = 10;

const OTHERWISE: Readonly<Record<OnParent, string>> = {
  cancel: "this one is cancelled",
  release: "this one goes on all the same",
  leave: "this one stays blocked until it does",
};

/** The jobs that a job depends on: those it waits for first. */
export function dependencyRows({ onParent = "cancel" }: Job, dependencies: readonly Dependency[]): Row[] {
  if (dependencies.length === 0) return [];
  const completed = dependencies.filter(({ state }) => state === "completed");
  const others = dependencies.filter(({ state }) => state !== "completed");
  const named = [...others, ...completed].slice(0, NAMED);
  const rest = dependencies.length - named.length;
  return [
    ...named.map(({ id, state }, i): Row => [i === 0 ? "depends on" : "", `${id} (${state ?? "is not there"})`]),
    ...(rest === 0 ? [] : [["", `and ${countOf(rest, "other")}`] as const]),
    ["on parent", `${onParent}: if one does not complete, ${OTHERWISE[onParent]}`],
  ];
}
