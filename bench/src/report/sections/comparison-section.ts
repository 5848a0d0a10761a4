import { type ComparedRow, type Comparison, titleOf } from "../../compare/compare.ts";
import { ratioText, VERDICTS } from "../../compare/comparison-text.ts";
import { CONFIDENCE, LEAST_VALUES } from "../../compare/ratio.ts";
import { figure } from "../../tables/figure.ts";
import { forestChart } from "../charts/forest.ts";
import { Html, html } from "../html.ts";
import type { Plotting } from "../plotting.ts";

/** This run beside an earlier one. */
export function comparisonSection({ before, differences, rows, unmatched }: Comparison, plotting: Plotting): Html {
  const count = (verdict: ComparedRow["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  const clear = rows.filter(({ ratio, verdict }) => ratio && (verdict === "better" || verdict === "worse"));
  const hasFloors = rows.some(({ besideFloor }) => besideFloor !== undefined);
  return html`<section id="comparison">
    <h2>compared with the run of ${before.slice(0, 16).replace("T", " ")}</h2>
    <p class="about">
      <b class="good">${count("better")} better</b>, <b class="bad">${count("worse")} worse</b>, in ${count("unclear")}
      no difference is
      seen${count("unknown") > 0 ? `, in ${count("unknown")} one of the runs has fewer than ${LEAST_VALUES} repetitions, so there is no telling` : ""}.
      Ratios of medians with ${CONFIDENCE * 100} % intervals (Bonett and Price,
      2002)${hasFloors ? "; where a subject has a floor, divided by what became of its floor meanwhile, so that a slower day of the machine does not count" : ""}.
      ${unmatched > 0 ? `Metrics that one of the runs has not, or with another durability, or invalid: ${unmatched}.` : ""}
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
      ${[...Map.groupBy(clear, ({ scenario }) => scenario)].map(
        ([scenario, members]) =>
          html`<figure>
            <figcaption>${scenario}</figcaption>
            ${new Html(forestChart(members, plotting))}
          </figure>`,
      )}
    </div>
    <details>
      <summary>All ${rows.length} ratios</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">metric</th>
              ${["before", "after", "ratio", "beside the floor"].map(
                (title) => html`<th scope="col" class="number">${title}</th>`,
              )}
              <th scope="col"></th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(rowHtml)}
          </tbody>
        </table>
      </div>
    </details>
  </section>`;
}

function rowHtml(row: ComparedRow): Html {
  const { unit, verdict, before, after, ratio, besideFloor } = row;
  const kind = verdict === "better" ? "good" : verdict === "worse" ? "bad" : "";
  return html`<tr>
    <th scope="row">${titleOf(row)}</th>
    ${[
      `${figure(before, unit)} ${unit}`,
      `${figure(after, unit)} ${unit}`,
      ratioText(ratio),
      ratioText(besideFloor),
    ].map((text) => html`<td class="number">${text}</td>`)}
    <td class="${kind}">${VERDICTS[verdict]}</td>
  </tr>`;
}
