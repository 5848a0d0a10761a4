import { type JobSelection, type Queue, TERMINAL_STATES } from "@anyqueue/api";
import type { Output } from "./output/output.ts";
import { printable } from "./output/printable.ts";

const STATES: readonly string[] = ["waiting", "delayed", "blocked", "active", ...TERMINAL_STATES];

/** Notes what may be misspelt in a selection of which there are no jobs. */
export async function noteOfEmpty(
  queue: Queue,
  { lanes = [], states = [] }: JobSelection,
  output: Output,
): Promise<void> {
  if (output.json) return;
  const own = states.filter((state) => !STATES.includes(state));
  if (own.length > 0)
    output.note(`No state of AnyQueue's: ${printable(own.join(", "))}. Those are ${STATES.join(", ")}.`);
  if (lanes.length === 0) return;
  const known = (await queue.lanes()).map(({ lane }) => lane);
  const unknown = lanes.filter((lane) => !known.includes(lane) && !lane.startsWith("$"));
  if (unknown.length > 0) output.note(`No such lane: ${printable(unknown.join(", "))}. There are ${known.join(", ")}.`);
}
