import { QueueError } from "@anyqueue/api";
import type { Fixture } from "../fixture.ts";
import { defaultSeed } from "../seed.ts";
import { type TasteName, TASTES } from "./plans/tastes.ts";
import { readReplay } from "./replay.ts";
import { findAgain, type ScriptCounterexample, search } from "./search.ts";

/** How far a comparison has come. */
export interface ComparisonProgress {
  /** What the scripts are about at the moment. */
  readonly about: string;
  /** How many scripts both adapters have answered alike. */
  readonly scripts: number;
  readonly differences: number;
}

/** How long to compare, and where to begin. */
export interface ComparisonOptions {
  /** Gives the same scripts again. */
  readonly seed?: number;
  /** In milliseconds; half a minute when absent. */
  readonly time?: number;
  /** Only compares by this script again, in which an earlier comparison found a difference. */
  readonly replay?: string;
  /** Ends the comparison early, with what was found until then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ComparisonProgress) => void;
}

/** How the answers of two adapters differ, as plain data. */
export interface Difference {
  /** What the script is about that shows it. */
  readonly about: string;
  /** One sentence: which call was answered how, and how the other one answered it. */
  readonly reason: string;
  /** The verb whose answers differ. */
  readonly verb?: string;
  /** The field of the answers that does; absent where they differ as wholes, or something was thrown. */
  readonly field?: string;
  /** The calls, each a line, and the other adapter's answer to the last of them. */
  readonly history: readonly string[];
  /** What to give as `replay`. */
  readonly replay: string | null;
  /** The same as plain data: as JSON it can be given as `replay` too, also to another version of the suite. */
  readonly script: unknown;
}

/** What became of a comparison. */
export interface Comparison {
  /** The names of the two fixtures. */
  readonly subject: string;
  readonly reference: string;
  readonly seed: number;
  /** How many scripts both have answered alike. */
  readonly scripts: number;
  /** At most one for each of the things that scripts are about; none when the adapters answered alike. */
  readonly differences: readonly Difference[];
}

const TIME = 30_000;

/**
 * Gives two adapters the same calls, by chance and of all the verbs but `subscribe`, and tells where their answers differ. What the
 * contract leaves to each store, such as the value of a token, is no difference.
 *
 * @throws QueueError `INVALID` if `replay` is no script.
 */
export async function compareAdapters(
  subject: Fixture,
  reference: Fixture,
  { seed = defaultSeed(), time = TIME, replay, signal, onProgress }: ComparisonOptions = {},
): Promise<Comparison> {
  if (replay !== undefined) return compareAgain(subject, reference, seed, replay);
  const tastes = Object.keys(TASTES) as TasteName[];
  const differences: Difference[] = [];
  let scripts = 0;
  for (const about of tastes) {
    if (signal?.aborted) break;
    const tell = () => onProgress?.({ about, scripts, differences: differences.length });
    const onScript = () => {
      scripts += 1;
      tell();
    };
    tell();
    const found = await search({ subject, reference }, [about], { seed, budgetMs: time / tastes.length, onScript });
    if (found) differences.push(differenceOf(found));
  }
  return { subject: subject.name, reference: reference.name, seed, scripts, differences };
}

async function compareAgain(subject: Fixture, reference: Fixture, seed: number, text: string): Promise<Comparison> {
  const replay = readReplay(text);
  if (replay === null) {
    throw new QueueError(
      "INVALID",
      `${JSON.stringify(text.slice(0, 100))} is no script of a comparison, such as model:storing:42.`,
    );
  }
  const found = await findAgain({ subject, reference }, replay);
  const names = { subject: subject.name, reference: reference.name };
  return { ...names, seed, scripts: found ? 0 : 1, differences: found ? [differenceOf(found)] : [] };
}

function differenceOf(found: ScriptCounterexample): Difference {
  const { message, history, replay, taste } = found;
  return { about: taste, reason: message, history, replay, ...found.differing };
}
