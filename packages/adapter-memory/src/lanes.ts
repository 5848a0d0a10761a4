import type { LaneStatus } from "@anyqueue/api";
import { byCodePoint } from "@anyqueue/api";
import type { Lane } from "./lane.ts";
import type { State } from "./state.ts";

/** Tells the settings and counts of every lane, by name. Counts cost nothing here, so all of them are exact. */
export function lanes(state: State, now: number): LaneStatus[] {
  const sorted = [...state.jobs.lanes.values()].toSorted((a, b) => byCodePoint(a.name, b.name));
  return sorted.map((lane) => ({
    lane: lane.name,
    settings: structuredClone(lane.settings),
    counts: countsOf(lane, now),
    atLeast: [],
    oldestDueAt: lane.shelves.get("waiting")?.oldestDueAt(now) ?? null,
  }));
}

function countsOf(lane: Lane, now: number): Record<string, number> {
  const counts: [string, number][] = [];
  for (const [name, shelf] of lane.shelves) {
    const delayed = name === "waiting" ? shelf.countAhead(now) : 0;
    counts.push([name, shelf.all.size - delayed], ["delayed", delayed]);
  }
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
