import type { JobSelection } from "@anyqueue/api";
import type { Command } from "commander";
import { UsageError } from "./failure.ts";
import { checkIds } from "./job-id.ts";

/** The options that say which jobs are meant. */
export interface SelectionFlags {
  readonly lane?: readonly string[];
  readonly state?: readonly string[];
  readonly type?: readonly string[];
  readonly group?: string;
}

/** Adds `--lane`, `--state`, `--type` and `--group`. */
export function selectionOptions(command: Command): Command {
  return command
    .option("--lane <name>", "of this lane; several with commas, or by repeating", several)
    .option(
      "--state <name>",
      "in this state: waiting, delayed, active, completed, failed, cancelled, or your own",
      several,
    )
    .option("--type <pattern>", "of this type: mail.send, mail.* (one segment), mail.** (any number)", several)
    .option("--group <name>", "of this group");
}

/** Gathers `a,b` and repeated options. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new UsageError(`A name is empty in ${JSON.stringify(text)}.`);
  return [...before, ...names];
}

/** The jobs that are meant; absent when nothing was said. */
export function selectionOf({ lane, state, type, group }: SelectionFlags): JobSelection | undefined {
  const selection: JobSelection = {
    ...(lane && { lanes: lane }),
    ...(state && { states: state }),
    ...(type && { types: type }),
    ...(group !== undefined && { group }),
  };
  return Object.keys(selection).length === 0 ? undefined : selection;
}

/** Ids, checked, or a selection, and not both. @throws UsageError */
export function idsOrSelection(verb: string, ids: readonly string[], flags: SelectionFlags): JobSelection | undefined {
  const selection = selectionOf(flags);
  if (ids.length > 0 && selection) {
    throw new UsageError(`Say which jobs to ${verb} by their ids or by --lane, --state, --type, --group, not by both.`);
  }
  if (ids.length === 0 && !selection) {
    throw new UsageError(`Say which jobs to ${verb}: name ids, or choose with --lane, --state, --type or --group.`);
  }
  checkIds(ids);
  return selection;
}
