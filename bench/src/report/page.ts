import type { Comparison } from "../compare/compare.ts";
import type { BenchResult } from "../result.ts";
import { Html, html } from "./html.ts";
import type { Plotting } from "./plotting.ts";
import { headSection, subjectsSection } from "./sections/about-section.ts";
import { comparisonSection } from "./sections/comparison-section.ts";
import { scenarioSection } from "./sections/scenario-section.ts";
import { STYLE } from "./style.ts";

/** The whole page. It asks nobody for anything: no script, no font, no picture from elsewhere. */
export function pageOf(result: BenchResult, comparison: Comparison | undefined, plotting: Plotting): string {
  const data = Buffer.from(JSON.stringify(result)).toString("base64");
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Benchmark of job queues, ${result.startedAt.slice(0, 10)}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        ${headSection(result)}
        <main>
          ${comparison && comparisonSection(comparison, plotting)}
          ${result.scenarios.map((scenario) => scenarioSection(scenario, result, plotting))} ${subjectsSection(result)}
        </main>
        <footer>
          Made by <code>anyqueue bench</code>.
          <a download="bench.json" href="data:application/json;base64,${data}">All raw values as JSON</a>, to draw this
          page again (<code>--from</code>) or to compare another run with it (<code>--compare</code>).
        </footer>
      </body>
    </html> `.text;
}
