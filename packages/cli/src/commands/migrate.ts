import type { Command } from "commander";
import { showBackend } from "../backend.ts";
import { withQueue } from "../session.ts";

/** `anyqueue migrate` */
export function migrateCommand(program: Command): void {
  program
    .command("migrate")
    .description(
      "Brings a store to the newest layout, or makes it, and tells what it can do. Every command does so when it opens a store; " +
        "this one does nothing else, for instance before a deployment. A store of newer code is refused and left as it is.",
    )
    .addHelpText("after", "\nExample:\n  $ anyqueue migrate --backend sqlite:jobs.db")
    .action((_flags, command: Command) =>
      withQueue(command, async ({ output, queue, backend }) => {
        const { capabilities } = queue;
        output.result(
          { backend: queue.backend, store: showBackend(backend), current: true, capabilities },
          `${showBackend(backend)} is open and its layout is the newest. It survives: ${capabilities.durability}; shared by: ${capabilities.scope}.`,
        );
      }),
    );
}
