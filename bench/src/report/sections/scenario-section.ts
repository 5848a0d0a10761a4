import { byDurability } from "../../durability.ts";
import type { Durability, Kind, Measurement } from "../../measurement.ts";
import type { BenchResult } from "../../result.ts";
import type { ScenarioInfo } from "../../scenario.ts";
import { invalidLines } from "../../result-text.ts";
import { SURVIVES, together } from "../../tables/figure.ts";
import { percentilesOf } from "../../tables/percentiles.ts";
import { Book } from "../../tables/relation.ts";
import { tableOf } from "../../tables/table-model.ts";
import { barChart } from "../charts/bars.ts";
import { curveChart } from "../charts/curve.ts";
import { distributionChart } from "../charts/distribution.ts";
import { panelsOf, titleOf, without } from "../charts/panel.ts";
import { Html, html } from "../html.ts";
import { colourOf, type LineStyle, lineStyles } from "../palette.ts";
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
    ${chartsOf(scenario, measurements, book, plotting)}
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
  plotting: Plotting,
): Html | undefined {
  const { plot = { kind: "bars" } } = scenario;
  switch (plot.kind) {
    case "none":
      return undefined;
    case "distribution": {
      const percentiles = percentilesOf(scenario);
      return grid(
        groups(measurements, titleOfOne).map(([title, members]) =>
          figureOf(title, distributionChart(members, percentiles, plotting)),
        ),
        html`<p class="key">
          ${swatches(measurements)} Each hill shows where the times lie; its strokes are ${percentiles.join(", ")}, the
          tall one first.
        </p>`,
      );
    }
    case "curve": {
      const title = ({ metric, parameters }: Measurement): string => titleOf(metric, without(parameters, plot.over));
      return html`${byDurability(measurements).map(([durability, all]) => {
        const style = lineStyles(all);
        return grid(
          groups(all, title).map(([name, members]) => figureOf(name, curveChart(members, plot.over, style, plotting))),
          legend(durability, all, style),
        );
      })}`;
    }
    case "bars": {
      const panels = panelsOf(scenario, measurements, book);
      const bars = panels.flatMap(({ groups: all }) => all.flatMap((group) => group.bars));
      const isRepeated = bars.some(({ range }) => range !== undefined);
      return grid(
        panels.map((panel) => figureOf(panel.title, barChart(panel, plotting))),
        html`<p class="key">
          ${swatches(bars)}
          ${isRepeated ? "The thin stroke spans the repetitions." : "One run: no telling how far it can be trusted."}
        </p>`,
      );
    }
  }
}

/** What the colours mean that there are. */
function swatches(drawn: readonly { readonly kind?: Kind | undefined }[]): readonly Html[] {
  return KINDS.filter(([kind]) => drawn.some((each) => each.kind === kind)).map(
    ([kind, title]) => html`<span><i style="--swatch:${colourOf(kind)}"></i>${title}</span>`,
  );
}

const KINDS: readonly (readonly [Kind | undefined, string])[] = [
  [undefined, "AnyQueue"],
  ["other", "other queues"],
  ["floor", "raw drivers"],
];

/** The lines of those that survive the same. */
function legend(
  durability: Durability,
  measurements: readonly Measurement[],
  style: (subject: string) => LineStyle,
): Html {
  const subjects = new Map(measurements.map(({ subject, batching }) => [subject, batching]));
  return html`<p class="key">
    <b>${SURVIVES[durability]}</b>
    ${[...subjects].map(
      ([subject, batching]) =>
        html`<span>${sample(style(subject))}${subject} <small>${together(batching)}</small></span> `,
    )}
  </p>`;
}

function sample({ colour, dash }: LineStyle): Html {
  return html`<svg width="22" height="6" aria-hidden="true">
    <line x1="0" x2="22" y1="3" y2="3" style="stroke:${colour};stroke-width:3;stroke-dasharray:${dash}" />
  </svg>`;
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
