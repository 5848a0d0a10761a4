import { isTerminal } from "@anyqueue/api";
import { byInsertion } from "./orders.ts";
import { type Row, settingsOf, type World } from "./world.ts";

/** Whether a job waits behind others of its ordering key, so that no poll finds it (P18). */
export function isParked({ job, hasTurn }: Row): boolean {
  return job.orderingKey !== undefined && !hasTurn;
}

/** Gives every free turn to the first in its line. Answers the lanes in which somebody got one. */
export function giveTurns(world: World): Set<string> {
  const lines = new Map<string, Row[]>();
  const keyed = [...world.rows.values()].filter(({ job }) => job.orderingKey !== undefined);
  for (const row of keyed.sort(byInsertion)) {
    const { lane, orderingKey, state } = row.job;
    if (isTerminal(state) || state === "blocked") {
      row.hasTurn = false;
      continue;
    }
    const line = JSON.stringify([lane, orderingKey]);
    const others = lines.get(line);
    if (others) others.push(row);
    else lines.set(line, [row]);
  }
  const lanes = new Set<string>();
  for (const line of lines.values()) {
    let taken = line.filter((row) => row.hasTurn).length;
    for (const row of line) {
      if (row.hasTurn || taken >= (settingsOf(world, row.job.lane).keyConcurrency ?? 1)) continue;
      row.hasTurn = true;
      taken += 1;
      lanes.add(row.job.lane);
    }
  }
  return lanes;
}
