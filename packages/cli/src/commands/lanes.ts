import type { LaneStatus } from "@anyqueue/api";
import type { Command } from "commander";
import { fromNow } from "../output/durations.ts";
import { table, withThousands } from "../output/table.ts";
import { withQueue } from "../session.ts";

const COLUMNS = ["waiting", "delayed", "active", "completed", "failed", "cancelled"];

/** `anyqueue lanes` */
export function lanesCommand(program: Command): void {
  program
    .command("lanes")
    .description("Lists the lanes with their settings and how many jobs are in which state (from 10,000 on: at least).")
    .addHelpText("after", "\nExamples:\n  $ anyqueue lanes\n  $ anyqueue lanes --json | jq '.lanes[].counts'")
    .action((_flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        const lanes = await queue.lanes();
        output.result({ lanes }, laneTable(lanes));
      }),
    );
}

function laneTable(lanes: readonly LaneStatus[]): string {
  const present = new Set(lanes.flatMap(({ counts }) => Object.keys(counts)));
  const columns = [...COLUMNS, ...[...present].filter((state) => !COLUMNS.includes(state)).toSorted()];
  const now = Date.now();
  return table(
    ["lane", ...columns, "oldest due", "settings"],
    lanes.map(({ lane, settings, counts, atLeast, oldestDueAt }) => [
      lane,
      ...columns.map((state) => countOf(counts[state] ?? 0, atLeast.includes(state))),
      oldestDueAt === null ? "" : fromNow(oldestDueAt, now),
      Object.entries(settings)
        .map(([name, value]) => (value === true ? name : `${name}=${JSON.stringify(value)}`))
        .join(" "),
    ]),
  );
}

function countOf(count: number, isBound: boolean): string | number {
  return isBound ? `${withThousands(count)}+` : count;
}
