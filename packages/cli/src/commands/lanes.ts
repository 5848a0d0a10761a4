import type { LaneStatus } from "@anyqueue/api";
import type { Command } from "commander";
import { CommandError } from "../failure.ts";
import { lanesSetCommand } from "../lanes/set.ts";
import { settingsLine, showSettings } from "../lanes/settings.ts";
import { fromNow } from "../output/durations.ts";
import { printable } from "../output/printable.ts";
import { pairs, table, withThousands } from "../output/table.ts";
import { withQueue } from "../session.ts";

/** The states that are always told; others where there are such jobs. */
const COLUMNS = ["waiting", "delayed", "active", "completed", "failed", "cancelled"];

/** `anyqueue lanes` */
export function lanesCommand(program: Command): void {
  const lanes = program
    .command("lanes")
    .summary("the lanes with their settings and counts; lanes set changes settings")
    .description("Lists the lanes with their settings and how many jobs are in which state (from 10,000 on: at least).")
    .argument("[lane]", "only this one")
    .addHelpText(
      "after",
      `
Examples:
  $ anyqueue lanes
  $ anyqueue lanes mail
  $ anyqueue lanes set mail --concurrency 4 --rate 100/m
  $ anyqueue lanes --json | jq '.lanes[].counts'`,
    )
    .action((name: string | undefined, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        const all = await queue.lanes();
        if (name === undefined) return output.result({ lanes: all }, laneTable(all));
        const found = all.find(({ lane }) => lane === name);
        if (!found) {
          const known = all.map(({ lane }) => lane).join(", ");
          throw new CommandError("MISSING", `There is no lane ${printable(name)}; there are: ${known}.`);
        }
        output.result({ lanes: [found] }, describe(found));
      }),
    );
  lanesSetCommand(lanes);
}

function laneTable(lanes: readonly LaneStatus[]): string {
  const present = [...new Set(lanes.flatMap(({ counts }) => Object.keys(counts)))];
  const columns = [...COLUMNS, ...present.filter((state) => !COLUMNS.includes(state)).toSorted()];
  const now = Date.now();
  return table(
    ["lane", ...columns, "oldest due", "settings"],
    lanes.map(({ lane, settings, counts, atLeast, oldestDueAt }) => [
      lane,
      ...columns.map((state) => countOf(counts[state] ?? 0, atLeast.includes(state))),
      oldestDueAt === null ? "" : fromNow(oldestDueAt, now),
      settingsLine(settings),
    ]),
  );
}

function describe({ lane, settings, counts, atLeast, oldestDueAt }: LaneStatus): string {
  const set = showSettings(settings);
  return pairs([
    ["lane", lane],
    ...(set.length === 0 ? [["settings", "none"] as const] : set),
    ...Object.entries(counts).map(([state, count]) => [state, countOf(count, atLeast.includes(state))] as const),
    ...(oldestDueAt === null ? [] : [["oldest due", fromNow(oldestDueAt, Date.now())] as const]),
  ]);
}

function countOf(count: number, isBound: boolean): string | number {
  return isBound ? `${withThousands(count)}+` : count;
}
