import type { Fixture } from "../fixture.ts";
import { defaultSeed } from "../seed.ts";
import { type TasteName, TASTES } from "./plans/tastes.ts";
import { type ScriptCounterexample, search } from "./search.ts";

/** How far a comparison has come. */
export interface ComparisonProgress {
  /** What the scripts are about at the moment. */
  readonly about: TasteName;
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
  readonly onProgress?: (progress: ComparisonProgress) => void;
}

/** What became of a comparison. */
export interface Comparison {
  readonly seed: number;
  readonly scripts: number;
  /** At most one for each of the things that scripts are about; none when the adapters answered alike. */
  readonly differences: readonly ScriptCounterexample[];
}

const TIME = 30_000;

/**
 * Gives two adapters the same calls, by chance and over all the verbs, and tells where their answers differ. What the
 * contract leaves to each store, such as the value of a token, is no difference.
 */
export async function compareAdapters(
  subject: Fixture,
  reference: Fixture,
  { seed = defaultSeed(), time = TIME, onProgress }: ComparisonOptions = {},
): Promise<Comparison> {
  const tastes = Object.keys(TASTES) as TasteName[];
  const differences: ScriptCounterexample[] = [];
  let scripts = 0;
  for (const about of tastes) {
    const tell = () => onProgress?.({ about, scripts, differences: differences.length });
    const onScript = () => {
      scripts += 1;
      tell();
    };
    tell();
    const found = await search({ subject, reference }, [about], { seed, budgetMs: time / tastes.length, onScript });
    if (found) differences.push(found);
  }
  return { seed, scripts, differences };
}
