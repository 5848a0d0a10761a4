import { createRequire } from "node:module";
import { Command } from "commander";
import { addCommand } from "./commands/add.ts";
import { benchCommand } from "./commands/bench.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { conformanceCommand } from "./commands/conformance.ts";
import { demoCommand } from "./commands/demo.ts";
import { eventsCommand } from "./commands/events.ts";
import { lanesCommand } from "./commands/lanes.ts";
import { listCommand } from "./commands/list.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { moveCommand } from "./commands/move.ts";
import { newAdapterCommand } from "./commands/new-adapter.ts";
import { pruneCommand } from "./commands/prune.ts";
import { resultCommand } from "./commands/result.ts";
import { retryCommand } from "./commands/retry.ts";
import { scheduleCommand } from "./commands/schedule.ts";
import { showCommand } from "./commands/show.ts";
import { workCommand } from "./commands/work.ts";
import { pauseCommand, resumeCommand } from "./commands/pause.ts";

/** The whole command line. Parsing throws; whoever calls it tells the failure. */
export function buildProgram(): Command {
  const program = new Command("anyqueue")
    .description("One job queue, any backend: add jobs, run workers, look after a queue.")
    .version(version())
    .option("--backend <url>", "where the jobs are, such as sqlite:jobs.db; else $ANYQUEUE_URL, else anyqueue.config")
    .option("--json", "print JSON for programs instead of text")
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", AFTER);
  for (const command of COMMANDS) command(program);
  return program;
}

const COMMANDS = [
  addCommand,
  workCommand,
  listCommand,
  showCommand,
  resultCommand,
  lanesCommand,
  cancelCommand,
  retryCommand,
  moveCommand,
  pauseCommand,
  resumeCommand,
  scheduleCommand,
  eventsCommand,
  pruneCommand,
  migrateCommand,
  conformanceCommand,
  benchCommand,
  newAdapterCommand,
  demoCommand,
];

const AFTER = `
Backend: --backend, else the environment's ANYQUEUE_URL, else \`backend\` in anyqueue.config.ts, .js or .json in this folder.
Exit codes: 0 done; 1 something failed, was refused or not found; 2 wrong usage or configuration; 130/143 stopped by a signal.
With DEBUG=1 in the environment a failure is told with its stack.

Examples:
  $ anyqueue demo
  $ anyqueue add mail.send '{"to":"ada@example.org"}' --backend sqlite:jobs.db
  $ anyqueue work ./handlers.js --backend sqlite:jobs.db --concurrency 16
  $ anyqueue list --state failed --json`;

function version(): string {
  return (createRequire(import.meta.url)("../package.json") as { version: string }).version;
}
