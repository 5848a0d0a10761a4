import { memory } from "@anyqueue/adapter-memory";
import type { Fixture } from "../fixture.ts";
import { Counterexample } from "../history/counterexample.ts";
import { RANDOM_LIMIT } from "../time.ts";
import type { Rivals } from "./duel.ts";
import { fieldAt } from "./field.ts";
import { explore, type Finding, play } from "./play.ts";
import type { TasteName } from "./plans/tastes.ts";
import { type Replay, replayText } from "./replay.ts";
import { shrink } from "./shrink.ts";
import type { Step } from "./step.ts";

/** The memory adapter, which is the model of what the verbs mean. */
export const MODEL: Fixture = { name: "memory", open: () => memory() };

/** What a script shows. */
export interface Differing {
  /** The verb whose answers differ: that of the last step. */
  readonly verb: Step["verb"];
  /** The field of the answers that does; absent where they differ as wholes, or something was thrown. */
  readonly field?: string;
  /** `{ taste, steps }`: as JSON it can be played again, also by `--replay`. */
  readonly script: { readonly taste: TasteName; readonly steps: readonly Step[] };
}

/** A script that shows how a store differs from another one. */
export class ScriptCounterexample extends Counterexample {
  readonly taste: TasteName;
  readonly steps: readonly Step[];

  readonly #field: string | undefined;

  constructor(taste: TasteName, { told, history, steps, keys }: Finding, replay: string) {
    super(told, history, replay);
    this.taste = taste;
    this.steps = steps;
    this.#field = fieldAt(keys);
  }

  /** What differs, as plain data, and by which script. */
  get differing(): Differing {
    const { verb = "reopen" } = this.steps.at(-1) ?? {};
    const { taste, steps } = this;
    return { verb, ...(this.#field !== undefined && { field: this.#field }), script: { taste, steps } };
  }
}

/** How long to look, and where to begin. */
export interface SearchOptions {
  readonly seed: number;
  readonly budgetMs: number;
  /** Told after each script. */
  readonly onScript?: () => void;
}

/** Plays scripts until the time is up, at least one. Answers the first fault that is found, as small as it can be made. */
export async function search(
  rivals: Rivals,
  tastes: readonly [TasteName, ...TasteName[]],
  { seed, budgetMs, onScript }: SearchOptions,
): Promise<ScriptCounterexample | null> {
  const deadline = performance.now() + budgetMs;
  for (let round = 0; round === 0 || performance.now() < deadline; round++) {
    const taste = tastes[round % tastes.length] ?? tastes[0];
    const found = await findAgain(rivals, { taste, seed: seedOf(seed, round) });
    if (found) return found;
    onScript?.();
  }
  return null;
}

/** Plays one script again. Answers the fault that it shows, if it still does, as small as it can be made. */
export async function findAgain(rivals: Rivals, replay: Replay): Promise<ScriptCounterexample | null> {
  const { taste } = replay;
  const found = "steps" in replay ? await play(rivals, replay.steps) : await explore(rivals, taste, replay.seed);
  if (found === null) return null;
  const smallest = await shrink(found.steps, (steps) => play(rivals, steps), performance.now() + RANDOM_LIMIT);
  return new ScriptCounterexample(taste, smallest ?? found, replayText(replay));
}

/** Scripts of neighbouring seeds have nothing in common. */
function seedOf(seed: number, round: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(round + 1, 0x85ebca6b)) >>> 1;
}
