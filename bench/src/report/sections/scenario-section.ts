import type { Measurement } from "../../measurement.ts";
import type { BenchResult } from "../../result.ts";
import type { ScenarioInfo } from "../../scenario.ts";
import { invalidLines } from "../../result-text.ts";
import { Book } from "../../tables/relation.ts";
import { tableOf } from "../../tables/table-model.ts";
import { barChart } from "../charts/bars.ts";
import { curveChart } from "../charts/curve.ts";
import { distributionChart } from "../charts/distribution.ts";
import { panelsOf, titleOf, without } from "../charts/panel.ts";
import { Html, html } from "../html.ts";
import { lineColours } from "../palette.ts";
import type { Plotting } from "../plotting.ts";
import { tableHtml } from "./table-html.ts";

/** A scenario: what it is, its charts, and every figure in a table. */
export function scenarioSection(scenario: ScenarioInfo, result: BenchResult, plotting: Plotting): Html {
  const measurements = result.measurements.filter((each) => each.scenario === scenario.name);
  if (measurements.length === 0) return html``;
  const book = new Book(measurements);
  const invalid = invalidLines(measurements);
  return html`<section id="${scenario.name}">
    <h2>${scenario.name}</h2>
    <p class="about">${scenario.about}</p>
    ${
      invalid.length > 0
        ? html`<ul class="bad">
            ${invalid.map((line) => html`<li>Invalid: ${line}</li>`)}
          </ul>`
        : undefined
    }
    ${chartsOf(scenario, measurements, book, result, plotting)}
    <details ${scenario.plot?.kind === "none" ? new Html("open") : undefined}>
      <summary>All figures of ${scenario.name}</summary>
      ${tableHtml(tableOf(scenario, measurements, book))}
    </details>
  </section>`;
}

function chartsOf(
  scenario: ScenarioInfo,
  measurements: readonly Measurement[],
  book: Book,
  { subjects }: BenchResult,
  plotting: Plotting,
): Html | undefined {
  const { plot = { kind: "bars" } } = scenario;
  switch (plot.kind) {
    case "none":
      return undefined;
    case "distribution":
      return grid(
        groups(measurements, titleOfOne).map(([title, members]) =>
          figureOf(title, distributionChart(members, plotting)),
        ),
        html`<p class="key">Each hill shows where the times lie; its strokes are p50 (the tall one), p95 and p99.</p>`,
      );
    case "curve": {
      const colour = lineColours(subjects);
      return grid(
        groups(measurements, ({ metric, parameters }) => titleOf(metric, without(parameters, plot.over))).map(
          ([title, members]) => figureOf(title, curveChart(members, plot.over, colour, plotting)),
        ),
        legend([...new Set(measurements.map(({ subject }) => subject))], colour),
      );
    }
    case "bars":
      return grid(
        panelsOf(scenario, measurements, book).map((panel) => figureOf(panel.title, barChart(panel, plotting))),
        barsKey(measurements),
      );
  }
}

function barsKey(measurements: readonly Measurement[]): Html {
  const isRepeated = measurements.some(({ values }) => values.length > 1);
  return html`<p class="key">
    <i style="--swatch:var(--ours)"></i>ours <i style="--swatch:var(--other)"></i>other queues
    <i style="--swatch:var(--floor)"></i>raw drivers.
    ${isRepeated ? "The thin stroke spans the repetitions." : "One run: no telling how far it can be trusted."}
  </p>`;
}

function legend(subjects: readonly string[], colour: (subject: string) => string): Html {
  return html`<p class="key">
    ${subjects.map((subject) => html`<i style="--swatch:${colour(subject)}"></i>${subject} `)}
  </p>`;
}

function titleOfOne({ metric, parameters }: Measurement): string {
  return titleOf(metric, parameters);
}

function groups(
  measurements: readonly Measurement[],
  title: (measurement: Measurement) => string,
): [string, Measurement[]][] {
  return [...Map.groupBy(measurements, title)];
}

function grid(figures: readonly Html[], key: Html): Html {
  return html`${key}
    <div class="grid">${figures}</div>`;
}

function figureOf(title: string, svg: string): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${new Html(svg)}
  </figure>`;
}
