import type { Queue } from "@anyqueue/api";
import type { Output } from "../output/output.ts";

/** Before a lane is configured: notes that it comes into being by that, as a misspelt one does. */
export async function noteNewLane(queue: Queue, name: string, output: Output): Promise<void> {
  if (output.json || (await queue.lanes()).some(({ lane }) => lane === name)) return;
  output.note(`Lane ${name} is new; no job was ever added to it.`);
}
