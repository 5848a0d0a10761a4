import type { Job, ListInput, Queue } from "@anyqueue/api";
import { type Command, Option } from "commander";
import { noteOfEmpty } from "../empty-selection.ts";
import { wholeNumber } from "../number-option.ts";
import { fromNow } from "../output/durations.ts";
import { brief } from "../output/printable.ts";
import { table } from "../output/table.ts";
import { type SelectionFlags, selectionOf, selectionOptions } from "../selection.ts";
import { withQueue } from "../session.ts";

interface Flags extends SelectionFlags {
  readonly limit: number;
  readonly order: "inserted" | "poll" | "finished";
  readonly after?: string;
}

/** `anyqueue list` */
export function listCommand(program: Command): void {
  selectionOptions(program.command("list").description("Lists jobs."))
    .option("--limit <n>", "how many at most", wholeNumber("--limit", 1, 1_000_000), 20)
    .addOption(
      new Option("--order <order>", "by insertion, in the order in which workers take them, or by finishing")
        .choices(["inserted", "poll", "finished"])
        .default("inserted"),
    )
    .option("--after <cursor>", "go on behind an earlier list (its `after` in --json)")
    .addHelpText(
      "after",
      `
Examples:
  $ anyqueue list
  $ anyqueue list --lane mail --state failed --limit 50
  $ anyqueue list --state waiting,delayed --order poll
  $ anyqueue list --state blocked --group import-42
  $ anyqueue list --where '{"attempt":{"gte":3}}'
  $ anyqueue list --type 'image.**' --json`,
    )
    .action((_flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        const { limit, order, after } = flags;
        const query = { ...selectionOf(flags), order, ...(after !== undefined && { after }) };
        const { jobs, next } = await listJobs(queue, query, limit);
        const more = next === undefined ? "" : `\nThere are more: --limit ${limit * 5}, or --after '${next}'.`;
        output.result(
          { jobs, ...(next !== undefined && { after: next }) },
          jobs.length === 0 ? "No jobs." : jobTable(jobs) + more,
        );
        if (jobs.length === 0) await noteOfEmpty(queue, query, output);
      }),
    );
}

const PAGE = 1000;

async function listJobs(
  queue: Queue,
  query: Omit<ListInput, "limit">,
  limit: number,
): Promise<{ readonly jobs: Job[]; readonly next: string | undefined }> {
  const jobs: Job[] = [];
  let next = query.after;
  do {
    const after = next === undefined ? {} : { after: next };
    const page = await queue.list({ ...query, ...after, limit: Math.min(PAGE, limit - jobs.length) });
    jobs.push(...page.items);
    next = page.after;
  } while (next !== undefined && jobs.length < limit);
  return { jobs, next };
}

const ERROR_WIDTH = 60;

interface Column {
  readonly title: string;
  readonly of: (job: Job, now: number) => string | number | undefined;
  /** Only shown where a job has it. */
  readonly isRare?: true;
}

/** The columns that a person looks for first. */
const COLUMNS: readonly Column[] = [
  { title: "id", of: ({ id }) => id },
  { title: "type", of: ({ type }) => brief(type, 40) },
  { title: "state", of: stateOf },
  { title: "priority", of: ({ priority }) => priority },
  { title: "attempt", of: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}` },
  { title: "when", of: whenOf },
  { title: "ordering key", of: ({ orderingKey }) => orderingKey && brief(orderingKey, 30), isRare: true },
  { title: "unique key", of: ({ unique }) => unique && brief(unique.key, 40), isRare: true },
  { title: "error", of: ({ error }) => error && brief(error.message, ERROR_WIDTH) },
];

function jobTable(jobs: readonly Job[]): string {
  const now = Date.now();
  const columns = COLUMNS.filter(({ of, isRare }) => !isRare || jobs.some((job) => of(job, now) !== undefined));
  return table(
    columns.map(({ title }) => title),
    jobs.map((job) => columns.map(({ of }) => of(job, now) ?? "")),
  );
}

/** A waiting job that is not due yet is shown as `delayed`. */
export function stateOf({ state, runAt }: Job, now: number): string {
  return state === "waiting" && runAt > now ? "delayed" : state;
}

/** How long ago it finished, when its lease ends, what it waits for, or when it is due. */
export function whenOf({ finishedAt, lease, state, dependsOn = [], runAt }: Job, now: number): string {
  if (finishedAt !== undefined) return `finished ${fromNow(finishedAt, now)}`;
  if (lease) return `lease ends ${fromNow(lease.until, now)}`;
  if (state === "blocked")
    return `after ${dependsOn.length === 1 ? brief(dependsOn.join(), 60) : `${dependsOn.length} jobs`}`;
  return `due ${fromNow(runAt, now)}`;
}
