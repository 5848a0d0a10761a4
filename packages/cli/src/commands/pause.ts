import type { Command } from "commander";
import { noteNewLane } from "../lanes/new-lane.ts";
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
        const it = queue.lane(lane);
        await noteNewLane(queue, lane, output);
        await it.pause();
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
        const it = queue.lane(lane);
        await noteNewLane(queue, lane, output);
        await it.resume();
        output.result({ lane, paused: false }, `Lane ${lane} is served again.`);
      }),
    );
}
