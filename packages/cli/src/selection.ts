import type { JobSelection } from "@anyqueue/api";
import { type Command, Option } from "commander";
import { UsageError } from "./failure.ts";
import { checkIds } from "./job-id.ts";
import { parseWhere } from "./where-option.ts";

/** The options that say which jobs are meant. */
export interface SelectionFlags {
  readonly lane?: readonly string[];
  readonly state?: readonly string[];
  readonly type?: readonly string[];
  readonly group?: string;
  readonly where?: NonNullable<JobSelection["where"]>;
}

/** Asked to only tell how many jobs are meant. */
export interface PreviewFlags {
  readonly preview?: boolean;
  readonly dryRun?: boolean;
}

/** Adds `--lane`, `--state`, `--type`, `--group` and `--where`. */
export function selectionOptions(command: Command): Command {
  return command
    .option("--lane <name>", "of this lane; several with commas, or by repeating", several)
    .option(
      "--state <name>",
      "in this state: waiting, delayed, blocked, active, completed, failed, cancelled, or your own",
      several,
    )
    .option("--type <pattern>", "of this type: mail.send, mail.* (one segment), mail.** (any number)", several)
    .option("--group <name>", "of this group")
    .option(
      "--where <json>",
      "for which this holds, such as '{\"payload.user.id\":7}'; see docs/state-machines.md",
      parseWhere,
    );
}

/** Adds `--preview`; `--dry-run`, as it is called where no jobs are chosen, does as well. */
export function previewOption(command: Command): Command {
  return command.option("--preview", "only tell how many jobs are meant").addOption(new Option("--dry-run").hideHelp());
}

/** Gathers `a,b` and repeated options. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new UsageError(`A name is empty in ${JSON.stringify(text)}.`);
  return [...before, ...names];
}

/** The jobs that are meant; absent when nothing was said. */
export function selectionOf({ lane, state, type, group, where }: SelectionFlags): JobSelection | undefined {
  const selection: JobSelection = {
    ...(lane && { lanes: lane }),
    ...(state && { states: state }),
    ...(type && { types: type }),
    ...(group !== undefined && { group }),
    ...(where !== undefined && { where }),
  };
  return Object.keys(selection).length === 0 ? undefined : selection;
}

/** Options that only make sense for many jobs. */
interface ManyFlags extends SelectionFlags, PreviewFlags {
  readonly rate?: unknown;
}

/** Ids, checked, or a selection, and not both. @throws UsageError */
export function idsOrSelection(verb: string, ids: readonly string[], flags: ManyFlags): JobSelection | undefined {
  const selection = selectionOf(flags);
  if (ids.length > 0 && selection) {
    throw new UsageError(`Say which jobs to ${verb} by their ids or by ${CHOICES}, not by both.`);
  }
  if (ids.length === 0 && !selection) {
    throw new UsageError(`Say which jobs to ${verb}: name ids, or choose with ${CHOICES}.`);
  }
  const forMany = flags.preview ? "--preview" : flags.dryRun ? "--dry-run" : flags.rate ? "--rate" : undefined;
  if (ids.length > 0 && forMany !== undefined) {
    throw new UsageError(`${forMany} goes with ${CHOICES}, not with ids. Nothing was changed.`);
  }
  checkIds(ids);
  return selection;
}

const CHOICES = "--lane, --state, --type, --group or --where";
