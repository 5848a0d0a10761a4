import type { Comparison } from "../compare/compare.ts";
import type { BenchResult } from "../result.ts";
import { pageOf } from "./page.ts";
import { loadPlotting } from "./plotting.ts";

/** Makes a page of a result: one file that needs no network and no script. */
export type Report = (result: BenchResult, comparison?: Comparison) => string;

/** Gets the plotting library, before anything is measured that could not be shown without it. */
export async function prepareReport(): Promise<Report> {
  const plotting = await loadPlotting();
  return (result, comparison) => pageOf(result, comparison, plotting);
}
