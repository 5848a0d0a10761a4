import type { Job, JobEvent, Queue } from "@anyqueue/api";
import type { Command } from "commander";
import { CommandError } from "../failure.ts";
import { checkIds } from "../job-id.ts";
import { fromNow } from "../output/durations.ts";
import { printable } from "../output/printable.ts";
import { pairs } from "../output/table.ts";
import { withQueue } from "../session.ts";
import { stateOf, whenOf } from "./list.ts";

/** `anyqueue show` */
export function showCommand(program: Command): void {
  program
    .command("show")
    .description("Shows a job: its payload, result, the error of every failed attempt, and its log.")
    .argument("<id>", "the job's id, such as mail:0192f0c1-…")
    .addHelpText("after", "\nExample:\n  $ anyqueue show mail:welcome-ada")
    .action((id: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        checkIds([id]);
        const job = await queue.get(id);
        if (!job)
          throw new CommandError("MISSING", `There is no job ${id}. It was never added, or was removed already.`);
        const events = await eventsOf(queue, id);
        output.result({ job, events }, describe(job, events));
      }),
    );
}

/** As many as are shown; a log can be long. */
const MOST_EVENTS = 10_000;

async function eventsOf(queue: Queue, id: string): Promise<readonly JobEvent[]> {
  const { items } = await queue.eventPage({ id, limit: MOST_EVENTS });
  return items;
}

function describe(job: Job, events: readonly JobEvent[]): string {
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
  if (job.group !== undefined) rows.push(["group", printable(job.group)]);
  if (job.lease) rows.push(["holder", printable(job.lease.holder)]);
  rows.push(["payload", json(job.payload)]);
  if (job.progress !== undefined) rows.push(["progress", json(job.progress)]);
  if (job.result !== undefined) rows.push(["result", json(job.result)]);
  if (job.error) rows.push(["last error", printable(job.error.message)]);
  const log = events.length === 0 ? [] : ["", "log", ...events.flatMap(eventLines)];
  return [pairs(rows), ...log].join("\n");
}

function eventLines({ at, kind, error, data, from, to, holder }: JobEvent): string[] {
  const time = new Date(at).toISOString();
  if (kind === "failed") {
    const code = error?.code === undefined ? "" : ` [${error.code}]`;
    const stack = (error?.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    return [
      `  ${time}  attempt ${error?.attempt ?? "?"} failed${code}: ${printable(error?.message ?? "")}`,
      ...stack.slice(0, 5).map((line) => `      ${printable(line.trim())}`),
    ];
  }
  if (kind === "user") return [`  ${time}  ${json(data)}`];
  const by = holder === undefined ? "" : ` by ${printable(holder)}`;
  return [`  ${time}  ${from === undefined ? "" : `${from} → `}${to ?? kind}${by}`];
}

function json(value: unknown): string {
  return printable(JSON.stringify(value) ?? "");
}
