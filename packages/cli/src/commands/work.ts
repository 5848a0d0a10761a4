import { resolve } from "node:path";
import { createAdapter, type WorkerOptions } from "@anyqueue/api";
import type { Command } from "commander";
import { type BackendChoice, showBackend } from "../backend.ts";
import { loadConfig } from "../config.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { Output } from "../output/output.ts";
import { chooseBackend, type GlobalFlags } from "../session.ts";
import { onInterruption } from "../signals.ts";
import { loadHandlers } from "../work/handlers-module.ts";
import { WorkerProcesses } from "../work/run-processes.ts";
import { runWorker, type WorkPlan } from "../work/run-worker.ts";
import { describeTally } from "../work/tally.ts";

interface Flags extends GlobalFlags {
  readonly concurrency?: number;
  readonly lanes?: Readonly<Record<string, number>>;
  readonly processes: number;
  readonly lease?: string;
  readonly timeout?: string;
  readonly grace?: string;
  readonly untilIdle?: boolean;
}

/** `anyqueue work` */
export function workCommand(program: Command): void {
  program
    .command("work")
    .summary("run the jobs with handlers of yours")
    .description(
      "Runs jobs with the handlers that a module exports, until SIGTERM or SIGINT: then what has begun is finished, what has not is handed back. A second signal ends it at once.",
    )
    .argument("[handlers]", "the module: its `handlers` or default export is an object of handlers by job type")
    .option(
      "--concurrency <n>",
      "how many handlers may run at once in a process (default: 10)",
      wholeNumber("--concurrency", 1, 10_000),
    )
    .option("--lanes <lanes>", "the lanes to serve, with weights: a=3,b=1 (default: every lane)", parseLanes)
    .option("--processes <n>", "how many processes; one that dies is replaced", wholeNumber("--processes", 1, 256), 1)
    .option("--lease <duration>", "how long a job stays a dead worker's (default: 30s)")
    .option("--timeout <duration>", "how long an attempt may take when its job does not say")
    .option("--grace <duration>", "how long handlers may go on after the signal (default: 10s)")
    .option("--until-idle", "stop when nothing is due any more; delayed jobs, also retries, may be left")
    .addHelpText("after", HELP)
    .action(async (handlers: string | undefined, _flags, command: Command) =>
      work(handlers, command.optsWithGlobals()),
    );
}

const HELP = `
A module of handlers (handlers.js, or handlers.ts):
  export default {
    "mail.send": async (job, { signal, progress }) => { … },
    "image.*": async (job) => { … },
  };
It may also export \`jobs\`, as given to defineJobs, so that payloads and results are checked.

Examples:
  $ anyqueue work ./handlers.js --backend sqlite:jobs.db
  $ anyqueue work ./handlers.ts --lanes mail=3,default=1 --concurrency 16 --processes 4
  $ anyqueue work ./handlers.js --until-idle --json`;

async function work(handlers: string | undefined, flags: Flags): Promise<void> {
  const config = await loadConfig();
  const backend = chooseBackend(flags, config);
  const output = new Output(flags.json ?? false);
  const plan: WorkPlan = {
    backend,
    ...(handlers !== undefined && { handlers: resolve(handlers) }),
    options: optionsOf(flags),
    untilIdle: flags.untilIdle ?? false,
  };
  const processes = flags.processes > 1 ? new WorkerProcesses(plan, output) : undefined;
  // Before anything starts: what cannot be loaded here cannot be loaded in any process.
  await loadHandlers(plan.handlers, config);
  if (processes) await refuseToShare(backend);
  using interruption = onInterruption(() => processes?.kill());
  output.note(
    `Working on ${showBackend(backend)}${processes ? ` in ${flags.processes} processes` : ""}; Ctrl-C stops.`,
  );
  const { signal } = interruption;
  signal.addEventListener("abort", () =>
    output.note("Stopping: what has begun is finished. Once more ends it at once."),
  );
  const tally = await (processes ? processes.run(flags.processes, signal) : runWorker(plan, output, signal));
  output.result({ event: "summary", ...tally }, describeTally(tally));
}

/** A store that lives in one process cannot be shared by several. */
async function refuseToShare(backend: BackendChoice): Promise<void> {
  const adapter = await createAdapter(backend);
  if (adapter.capabilities?.scope === "process") {
    throw new UsageError(
      `--processes: the ${adapter.name} store lives inside one process, so only one can work on it.`,
    );
  }
}

function optionsOf({ concurrency, lanes, lease, timeout, grace }: Flags): WorkerOptions {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(lanes !== undefined && { lanes }),
    ...(lease !== undefined && { lease }),
    ...(timeout !== undefined && { timeout }),
    ...(grace !== undefined && { grace }),
  };
}

function parseLanes(text: string): Readonly<Record<string, number>> {
  const lanes: Record<string, number> = {};
  for (const part of text.split(",")) {
    const [, lane, weight = "1"] = /^\s*([^=\s]+)\s*(?:=\s*(\d+(?:\.\d+)?))?\s*$/.exec(part) ?? [];
    if (lane === undefined || !(Number(weight) > 0)) {
      throw new UsageError(
        `--lanes takes names with weights above 0, such as mail=3,default=1, not ${JSON.stringify(text)}.`,
      );
    }
    lanes[lane] = Number(weight);
  }
  return lanes;
}
