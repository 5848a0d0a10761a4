import type { BenchOptions } from "@anyqueue/bench";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { several } from "../selection.ts";
import type { GlobalFlags } from "../session.ts";

/** What the command line says about a run of the benchmark. */
export interface BenchFlags extends GlobalFlags, BenchOptions {
  readonly fixture?: readonly string[];
  readonly html?: string;
  readonly compare?: string;
  readonly from?: string;
}

/** `anyqueue bench` */
export function benchCommand(program: Command): void {
  const command = program
    .command("bench")
    .summary("measure our backends, raw drivers and other queues side by side on this machine")
    .description(
      "Runs the same work on AnyQueue's backends, on their floors (the raw drivers, doing nothing but the storage work) " +
        "and, if asked, on other queues; subjects take turns, everything is repeated, and medians are shown with their " +
        "spread. A run that lost a job or ran one twice is marked and never used. Servers are started for it; what this " +
        "machine lacks is left out.",
    )
    .usage("[options] [--json [file]]")
    .argument("[file]", "where --json writes; without it, to standard output")
    .option("--backends <names>", "memory, sqlite, postgres, or none of ours; with commas", names("--backends"))
    .option("--only <names>", "of our backends and floors those whose name contains one of these", names("--only"))
    .option("--with <queues>", "other queues, such as bullmq,pg-boss; installed when first asked for", names("--with"))
    .option("--fixture <adapter>", "an adapter of your own: a module with a conformance fixture", names("--fixture"))
    .option("--scenarios <names>", "only these; `all` for those that take minutes as well", names("--scenarios"))
    .option("--smoke", "everything once and small, to see that it runs")
    .option("--runs <n>", "how often everything is repeated (3)", wholeNumber("--runs", 1, 1000))
    .option("--seed <n>", "where the order of the subjects is drawn from (1)", wholeNumber("--seed", 1, 2 ** 32 - 1))
    .option("--seconds <n>", "how long a measurement without a natural end lasts", wholeNumber("--seconds", 1, 86_400))
    .option("--backlogs <sizes>", "how many jobs wait, in the scenarios where they do", sizes)
    .option("--connections <n>", "how many, in that scenario (600)", wholeNumber("--connections", 1, 100_000))
    .option("--html <file>", "write a page with plots that needs no network")
    .option("--compare <file>", "set this run beside an earlier one that --json wrote")
    .option("--from <file>", "measure nothing; show what --json wrote earlier")
    .addHelpText("after", HELP);
  command.action(async (file: string | undefined, _flags, self: Command) => {
    const flags = self.optsWithGlobals<BenchFlags>();
    if (file !== undefined && flags.json !== true) {
      throw new UsageError(`${file}: only --json takes a file by itself. Write --json ${file}.`);
    }
    if (flags.backend !== undefined) {
      throw new UsageError(
        "bench makes stores of its own, so --backend has no meaning. Write --backends to choose ours.",
      );
    }
    refuseBesideFrom(self, flags);
    const { bench } = await import("../bench/bench.ts");
    // A step that stood still may hold on to timers and connections for ever.
    await bench(flags, file).finally(() => setTimeout(end, WAIT_MS).unref());
  });
}

const WAIT_MS = 1000;

function end(): void {
  process.stdout.write("", () => process.exit());
}

/** What says how to measure has no meaning where nothing is measured. */
function refuseBesideFrom(command: Command, { from }: BenchFlags): void {
  if (from === undefined) return;
  const useless = command.options.find(
    (option) => !SHOWING.includes(option.long ?? "") && command.getOptionValue(option.attributeName()) !== undefined,
  );
  if (useless)
    throw new UsageError(`--from measures nothing, so ${useless.long} has no meaning. Leave one of them out.`);
}

const SHOWING = ["--from", "--html", "--compare"];
/** Gathers names, and says of which option one is empty. */
function names(option: string): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before) => {
    if (text.split(",").some((name) => name.trim() === "")) {
      throw new UsageError(`${option} takes names with commas between them, not ${JSON.stringify(text)}.`);
    }
    return several(text, before);
  };
}

const size = wholeNumber("--backlogs", 1, 100_000_000);

function sizes(text: string): readonly number[] {
  return several(text).map(size);
}

const HELP = `
Exit code 1 when a run was invalid, when nothing was measured, and when --smoke by itself could not run everything for
another reason than a missing server. Ctrl-C ends the benchmark after the step under way, which has five seconds left;
what was measured is kept.
ANYQUEUE_BENCH_POSTGRES_URL and ANYQUEUE_BENCH_REDIS_URL name servers to measure on instead of ones of our own.

Examples:
  $ anyqueue bench --backends memory,sqlite --html report.html
  $ anyqueue bench --backends sqlite --with plainjob --scenarios throughput --runs 5 --json today.json
  $ anyqueue bench --from today.json --compare yesterday.json --html report.html
  $ anyqueue bench --backends none --fixture ./my-adapter.js --scenarios throughput,latency`;
