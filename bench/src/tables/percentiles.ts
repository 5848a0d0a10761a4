import type { Statistic } from "../measurement.ts";
import type { ScenarioInfo } from "../scenario.ts";

const PERCENTILES = ["p50", "p95", "p99"] as const satisfies readonly Statistic[];
export type Percentile = (typeof PERCENTILES)[number];

/** What is shown of samples, where the scenario does not say it. */
export const STATISTICS: readonly Statistic[] = [...PERCENTILES, "max"];

/** The percentiles that a scenario has enough samples for, the median first. */
export function percentilesOf({ statistics = STATISTICS }: Pick<ScenarioInfo, "statistics"> = {}): Percentile[] {
  return PERCENTILES.filter((each) => statistics.includes(each));
}

/** The first and the last of them, where there is no room for more. */
export function outermost(percentiles: readonly Percentile[]): Percentile[] {
  return percentiles.filter((_, n) => n === 0 || n === percentiles.length - 1);
}
