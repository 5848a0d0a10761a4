import { isTaste, type TasteName } from "./plans/tastes.ts";
import type { Step } from "./step.ts";

/** What a script is played again from: the seed that it was drawn with, or its steps. */
export type Replay =
  | { readonly taste: TasteName; readonly seed: number }
  | { readonly taste: TasteName; readonly steps: readonly Step[] };

/** A replay as one short line, `model:storing:42`; one of steps is JSON. */
export function replayText(replay: Replay): string {
  return "seed" in replay ? `model:${replay.taste}:${replay.seed}` : JSON.stringify(replay);
}

/** What a text says to play again, or null if it is no replay of a script. */
export function readReplay(text: string): Replay | null {
  const [, taste = "", seed] = /^\s*model:([a-z]+):(\d{1,10})\s*$/.exec(text) ?? [];
  if (seed !== undefined) return isTaste(taste) ? { taste, seed: Number(seed) } : null;
  try {
    const replay = JSON.parse(text) as Partial<Extract<Replay, { steps: unknown }>> | null;
    const isOne = typeof replay?.taste === "string" && isTaste(replay.taste) && Array.isArray(replay.steps);
    return isOne && replay.steps.every(isStep) ? (replay as Replay) : null;
  } catch {
    return null;
  }
}

const STEPS: Readonly<Record<Step["verb"], true>> = {
  insert: true,
  poll: true,
  cas: true,
  get: true,
  list: true,
  remove: true,
  append: true,
  events: true,
  lanes: true,
  configure: true,
  reopen: true,
};

function isStep(value: unknown): value is Step {
  const { verb, by } = (value ?? {}) as Partial<Step>;
  return typeof verb === "string" && Object.hasOwn(STEPS, verb) && typeof by === "string";
}
