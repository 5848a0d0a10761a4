import { type MigrationPlan, planMigration } from "@anyqueue/api";
import type { Command } from "commander";
import { showBackend } from "../backend.ts";
import { loadConfig } from "../config.ts";
import { Output } from "../output/output.ts";
import { chooseBackend, type GlobalFlags, withQueue } from "../session.ts";

interface Flags extends GlobalFlags {
  readonly dryRun?: boolean;
}

/** For stores without a layout, such as those in memory. */
const NOTHING: MigrationPlan = { from: null, to: 0, changes: [], sql: "" };

/** `anyqueue migrate` */
export function migrateCommand(program: Command): void {
  program
    .command("migrate")
    .summary("bring a store to the newest layout, or print the SQL for it")
    .description(
      "Brings a store to the newest layout, or makes it, and tells what it did. Every command does so when it opens a store; " +
        "this one does nothing else, for instance before a deployment. A store of newer code is refused and left as it is.",
    )
    .option("--dry-run", "change nothing, and print the SQL that would run; with nothing to do it prints none")
    .addHelpText(
      "after",
      `
Examples:
  $ anyqueue migrate --backend sqlite:jobs.db
  $ anyqueue migrate --backend postgres://db.example/shop --dry-run > migration.sql`,
    )
    .action((_flags, command: Command) => migrate(command));
}

async function migrate(command: Command): Promise<void> {
  const flags = command.optsWithGlobals<Flags>();
  const backend = chooseBackend(flags, await loadConfig());
  const output = new Output(flags.json ?? false);
  const { from, to, changes, sql } = (await planMigration(backend)) ?? NOTHING;
  const store = showBackend(backend);
  if (flags.dryRun) {
    output.note(tell(store, { from, to, changes }));
    output.result({ store, from, to, changes, sql }, sql.trimEnd());
    return;
  }
  if (changes.length > 0) output.note(tell(store, { from, to, changes }));
  await withQueue(command, async ({ queue }) => {
    const { capabilities } = queue;
    const { durability, scope } = capabilities;
    output.result(
      { backend: queue.backend, store, from, to, changes, capabilities },
      `${changes.length > 0 ? `${store} is at version ${to} now.` : `${store}: nothing to do.`} It survives: ${durability}; shared by: ${scope}.`,
    );
  });
}

function tell(store: string, { from, to, changes }: Omit<MigrationPlan, "sql">): string {
  if (changes.length === 0) return `${store}: nothing to do${from === null ? "" : `, its layout is version ${from}`}.`;
  const way = from === to ? `version ${to}` : `${from === null ? "none yet" : `version ${from}`} → version ${to}`;
  return `${store}, layout: ${way}. ${changes.join(" ")}`;
}
