import type { Job, JobError, JobEvent, Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { CommandError } from "../failure.ts";
import { checkIds } from "../job-id.ts";
import { keyRows, dependencyRows, type Dependency } from "../show/rows.ts";
import { fromNow, humanDuration } from "../output/durations.ts";
import { eventText } from "../output/event-text.ts";
import { printable } from "../output/printable.ts";
import { pairs } from "../output/table.ts";
import { withQueue } from "../session.ts";
import { stateOf, whenOf } from "./list.ts";

interface Flags {
  readonly stack?: boolean;
}

/** `anyqueue show` */
export function showCommand(program: Command): void {
  program
    .command("show")
    .summary("a job with all that is known of it")
    .description(
      "Shows a job: its payload, result, keys, the jobs it depends on, the error of every failed attempt, and its log.",
    )
    .argument("<id>", "the job's id, such as mail:0192f0c1-…")
    .option("--stack", "where in the code each attempt failed")
    .addHelpText("after", "\nExamples:\n  $ anyqueue show mail:welcome-ada\n  $ anyqueue show mail:welcome-ada --stack")
    .action((id: string, _flags, command: Command) =>
      withQueue<Flags>(command, async ({ flags, output, queue }) => {
        checkIds([id]);
        const job = await queue.get(id);
        if (!job)
          throw new CommandError("MISSING", `There is no job ${id}. It was never added, or was removed already.`);
        const known: Known = {
          job,
          dependencies: await dependenciesOf(queue, job),
          attempts: await queue.attempts(id),
          events: await eventsOf(queue, id),
        };
        output.result(known, describe(known, flags.stack ?? false));
      }),
    );
}

/** All that is told of a job. */
interface Known {
  readonly job: Job;
  readonly dependencies: readonly Dependency[];
  /** The errors of all failed attempts. */
  readonly attempts: readonly JobError[];
  readonly events: readonly JobEvent[];
}

async function dependenciesOf(queue: Queue, { dependsOn = [] }: Job): Promise<Dependency[]> {
  const jobs = dependsOn.length === 0 ? [] : await queue.get(dependsOn);
  const now = Date.now();
  return dependsOn.map((id, i) => {
    const job = jobs[i];
    return { id, state: job ? stateOf(job, now) : null };
  });
}

/** As many as are shown; a log can be long. */
const MOST_EVENTS = 10_000;

async function eventsOf(queue: Queue, id: string): Promise<readonly JobEvent[]> {
  const events: JobEvent[] = [];
  let after: string | undefined;
  while (events.length < MOST_EVENTS) {
    const limit = MOST_EVENTS - events.length;
    const page = await queue.eventPage({ id, limit, ...(after !== undefined && { after }) });
    // A page may be short without being the last one (P23).
    if (page.items.length === 0) break;
    events.push(...page.items);
    ({ after } = page);
  }
  return events;
}

function describe({ job, dependencies, attempts, events }: Known, withStack: boolean): string {
  const now = Date.now();
  const rows: (readonly [string, string | number])[] = [
    ["id", job.id],
    ["type", printable(job.type)],
    ["state", `${stateOf(job, now)}${job.cancelRequested ? ", asked to stop" : ""}`],
    ["when", whenOf(job, now)],
    ["added", `${new Date(job.insertedAt).toISOString()} (${fromNow(job.insertedAt, now)})`],
    ["attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["priority", job.priority],
  ];
  if (job.timeoutMs !== undefined) rows.push(["timeout", humanDuration(job.timeoutMs)]);
  if (job.group !== undefined) rows.push(["group", printable(job.group)]);
  rows.push(...keyRows(job), ...dependencyRows(job, dependencies));
  if (job.lease) rows.push(["holder", printable(job.lease.holder)]);
  rows.push(["payload", json(job.payload)]);
  if (job.progress !== undefined) rows.push(["progress", json(job.progress)]);
  if (job.result !== undefined) rows.push(["result", json(job.result)]);
  const log = events.filter(({ kind }) => kind !== "failed");
  return [
    pairs(rows),
    ...section(
      "failed attempts",
      attempts.flatMap((error) => attemptLines(error, withStack, now)),
    ),
    ...section("log", log.map(eventLine)),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines];
}

function attemptLines({ at, attempt, code, message, stack = "" }: JobError, withStack: boolean, now: number): string[] {
  const time = at === undefined ? "" : `${new Date(at).toISOString()} (${fromNow(at, now)})  `;
  const frames = withStack ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : [];
  return [
    `  ${time}attempt ${attempt ?? "?"} failed${code === undefined ? "" : ` [${printable(code)}]`}: ${printable(message)}`,
    ...frames.map((line) => `      ${printable(line.trim())}`),
  ];
}

function eventLine(event: JobEvent): string {
  return `  ${new Date(event.at).toISOString()}  ${eventText(event)}`;
}

function json(value: unknown): string {
  return printable(JSON.stringify(value) ?? "");
}
