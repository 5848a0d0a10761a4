import { figure, ratioFigure, spreadFigure, SURVIVES, together } from "../../tables/figure.ts";
import type { Cell, NoCell, TableModel } from "../../tables/table-model.ts";
import { type Html, html } from "../html.ts";

/** A table with a heading for each durability; the batching stands under the name of each subject, or of the column. */
export function tableHtml({ unit, parameters, columns, groups }: TableModel): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">subject${unit === undefined ? undefined : html` <small>${unit}</small>`}</th>
          ${parameters.map((name) => html`<th scope="col">${name}</th>`)}
          ${columns.map(
            ({ title, unit: own, batching }) =>
              html`<th scope="col" class="number">
                ${title}${unit === undefined ? html` <small>${own}</small>` : undefined}${
                  batching === undefined ? undefined : html`<br /><small>${batching}</small>`
                }
              </th>`,
          )}
        </tr>
      </thead>
      ${groups.map(
        ({ durability, rows }) =>
          html`<tbody>
            <tr class="group">
              <th colspan="${1 + parameters.length + columns.length}" scope="rowgroup">${SURVIVES[durability]}</th>
            </tr>
            ${rows.map(
              (row) =>
                html`<tr>
                  <th scope="row">${row.subject}<small>${together(row.batching)}</small></th>
                  ${row.parameters.map((value) => html`<td>${value}</td>`)}
                  ${row.cells.map((cell) => html`<td class="number">${cellHtml(cell)}</td>`)}
                </tr>`,
            )}
          </tbody>`,
      )}
    </table>
  </div>`;
}

function cellHtml(cell: Cell | NoCell): Html {
  if (cell === "missing") return html`–`;
  if (cell === "invalid") return html`<b class="bad">invalid</b>`;
  const remarks = [
    ...(cell.ratio === undefined ? [] : [`${ratioFigure(cell.ratio)}×`]),
    ...(cell.spread === undefined ? [] : [spreadFigure(cell.spread)]),
  ];
  return html`${figure(cell.value, cell.unit)}${remarks.length > 0 ? html`<small>${remarks.join(" ")}</small>` : undefined}`;
}
