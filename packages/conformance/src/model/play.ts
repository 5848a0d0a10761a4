import type { Call } from "../history/call.ts";
import { describeCall, describeOutcome } from "../history/describe-call.ts";
import { type Disagreement, Duel, type Rivals } from "./duel.ts";
import type { Key } from "./difference.ts";
import { draw } from "./plans/script.ts";
import { type TasteName, TASTES } from "./plans/tastes.ts";
import { settle } from "./settle.ts";
import type { Step } from "./step.ts";

/** How a script showed that two stores differ. */
export interface Finding {
  /** The steps up to the one that they differ in. */
  readonly steps: readonly Step[];
  /** Where in the answer to the last of them they do. */
  readonly keys: readonly Key[];
  /** One sentence: which call was answered how, and how it should have been. */
  readonly told: string;
  /** The calls, each a line, and the other store's answer to the last of them. */
  readonly history: readonly string[];
}

/** Draws a script and plays it. What it meets decides what it does next, so that its steps are known only afterwards. */
export function explore(rivals: Rivals, taste: TasteName, seed: number): Promise<Finding | null> {
  return duel(rivals, function* (duel) {
    for (const plan of draw(TASTES[taste], seed)) yield settle(plan, duel.known, duel.after(plan.wait));
  });
}

/** Plays the steps of a script. */
export function play(rivals: Rivals, steps: readonly Step[]): Promise<Finding | null> {
  return duel(rivals, () => steps);
}

async function duel(rivals: Rivals, script: (duel: Duel) => Iterable<Step>): Promise<Finding | null> {
  const duel = await Duel.open(rivals);
  try {
    const steps: Step[] = [];
    for (const step of script(duel)) {
      steps.push(step);
      const disagreement = await duel.take(step);
      if (disagreement) return finding(duel, steps, step, disagreement);
    }
    return null;
  } finally {
    await duel.end();
  }
}

function finding(
  { subject, reference }: Duel,
  steps: readonly Step[],
  { verb }: Step,
  { told, keys }: Disagreement,
): Finding {
  return {
    steps,
    keys,
    told: `\`${verb}\` of ${subject.name} ${told} (${reference.name}).`,
    history: [
      ...subject.calls.map((call) => describeCall(call)),
      ...otherAnswer(reference.name, subject.latest, reference.latest),
    ],
  };
}

/** What the other store said to the last step; of several pages, the one where the two part. */
function otherAnswer(name: string, own: readonly Call[], others: readonly Call[]): string[] {
  const [only, ...more] = others;
  if (only === undefined) return [];
  if (more.length === 0) return [`${name}: → ${describeOutcome(only)}`];
  const parting = others.find((other, i) => {
    const same = own[i];
    return same === undefined || describeOutcome(same) !== describeOutcome(other);
  });
  return parting ? [describeCall({ ...parting, client: name })] : [];
}
