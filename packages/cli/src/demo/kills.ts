import { setTimeout } from "node:timers/promises";
import { UsageError } from "../failure.ts";

/** When workers are killed: at so many evenly spaced jobs, or at random times that often. */
export interface KillPlan {
  readonly when: "evenly" | "random";
  readonly count: number;
}

const RANDOM = { least: 3, most: 8 } as const;

/** Reads `--kills`. @throws UsageError */
export function parseKills(text: string): KillPlan {
  if (text === "random") {
    const { least, most } = RANDOM;
    return { when: "random", count: least + Math.floor(Math.random() * (most - least + 1)) };
  }
  if (/^\d{1,3}$/.test(text)) return { when: "evenly", count: Number(text) };
  throw new UsageError(`--kills takes a number from 0 to 999, or \`random\`, not ${JSON.stringify(text)}.`);
}

/** The jobs in whose middle a worker is killed: with one kill that which stands half way. */
export function jobsToDieIn({ when, count }: KillPlan, ids: readonly string[]): string[] {
  if (when === "random" || ids.length === 0) return [];
  const places = Array.from({ length: count }, (_, i) => Math.floor((ids.length * (i + 1)) / (count + 1)));
  return [...new Set(places)].map((place) => ids[place]).filter((id) => id !== undefined);
}

const PAUSE = { least: 1, most: 200 } as const;

/** Kills at random times until the plan is fulfilled or there is nothing left to disturb. */
export async function killAtRandom(plan: KillPlan, kill: () => boolean, signal: AbortSignal): Promise<void> {
  if (plan.when !== "random") return;
  for (let killed = 0; killed < plan.count;) {
    const pause = PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least);
    await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (kill()) killed++;
  }
}
