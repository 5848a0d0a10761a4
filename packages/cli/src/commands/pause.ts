import type { Command } from "commander";
import { withQueue } from "../session.ts";

const DEFAULT = "default";

/** `anyqueue pause` */
export function pauseCommand(program: Command): void {
  program
    .command("pause")
    .description("Pauses a lane: no worker anywhere takes its jobs any more; adding goes on.")
    .argument("[lane]", "the lane", DEFAULT)
    .addHelpText("after", "\nExamples:\n  $ anyqueue pause\n  $ anyqueue pause mail")
    .action((lane: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        await queue.pause(lane);
        output.result({ lane, paused: true }, `Lane ${lane} is paused. End it with: anyqueue resume ${lane}`);
      }),
    );
}

/** `anyqueue resume` */
export function resumeCommand(program: Command): void {
  program
    .command("resume")
    .description("Ends the pause of a lane.")
    .argument("[lane]", "the lane", DEFAULT)
    .addHelpText("after", "\nExamples:\n  $ anyqueue resume\n  $ anyqueue resume mail")
    .action((lane: string, _flags, command: Command) =>
      withQueue(command, async ({ output, queue }) => {
        await queue.resume(lane);
        output.result({ lane, paused: false }, `Lane ${lane} is served again.`);
      }),
    );
}
