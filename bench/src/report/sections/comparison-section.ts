import type { ComparedRow, Comparison } from "../../compare/compare.ts";
import { CONFIDENCE } from "../../compare/ratio.ts";
import { forestChart } from "../charts/forest.ts";
import { Html, html } from "../html.ts";
import type { Plotting } from "../plotting.ts";

/** This run beside an earlier one. */
export function comparisonSection({ before, differences, rows, unmatched }: Comparison, plotting: Plotting): Html {
  const count = (verdict: ComparedRow["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  const hasFloors = rows.some(({ besideFloor }) => besideFloor !== undefined);
  return html`<section id="comparison">
    <h2>compared with the run of ${before.slice(0, 16).replace("T", " ")}</h2>
    <p class="about">
      <b class="good">${count("better")} better</b>, <b class="bad">${count("worse")} worse</b>, in ${count("unclear")}
      no difference is
      seen${count("unknown") > 0 ? `, in ${count("unknown")} one of the runs has no repetitions, so there is no telling` : ""}.
      Ratios of medians with ${CONFIDENCE * 100} % intervals (Bonett and Price,
      2002)${hasFloors ? "; where a subject has a floor, divided by what became of its floor meanwhile, so that a slower day of the machine does not count" : ""}.
      ${unmatched > 0 ? `${unmatched} metrics were measured in one of the runs only, or were invalid.` : ""}
    </p>
    ${
      differences.length > 0
        ? html`<div class="caution">
            The runs differ in more than the code:
            <ul>
              ${differences.map((each) => html`<li>${each}</li>`)}
            </ul>
          </div>`
        : undefined
    }
    <div class="grid">
      ${[...Map.groupBy(rows, ({ scenario }) => scenario)].map(
        ([scenario, members]) =>
          html`<figure>
            <figcaption>${scenario}</figcaption>
            ${new Html(forestChart(members, plotting))}
          </figure>`,
      )}
    </div>
  </section>`;
}
