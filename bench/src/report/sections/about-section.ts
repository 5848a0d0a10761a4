import { cautions, leftOutLine, machineLines } from "../../result-text.ts";
import type { BenchResult } from "../../result.ts";
import { SURVIVES } from "../../tables/figure.ts";
import { type Html, html } from "../html.ts";

/** What was run where, and what to beware of. */
export function headSection(result: BenchResult): Html {
  const { machine, plan, startedAt, seconds, subjects, scenarios, leftOut } = result;
  const facts: readonly (readonly [string, string])[] = [
    ["When", `${startedAt.slice(0, 16).replace("T", " ")} UTC, ${duration(seconds)}`],
    ["Repetitions", plan.runs === 1 ? "one: no spread is known" : `${plan.runs}; medians, ± the farthest of them`],
    ["Processor", `${machine.cores} × ${machine.cpu}`],
    ["Memory", `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ["Disk", `${machine.disk.fileSystem} on ${machine.disk.device}`],
    ["System", `Node ${machine.node}, ${machine.system}`],
  ];
  return html`<header>
    <h1>Benchmark of job queues</h1>
    <p class="lead">
      ${counted(subjects.length, "subject")}, ${counted(scenarios.length, "scenario")}, one machine, one run: AnyQueue's
      backends beside raw drivers that do nothing but the storage work, and beside other queues. Subjects took turns.
    </p>
    ${cautions(machine, plan).map((caution) => html`<p class="caution">${caution}</p>`)}
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <nav>${scenarios.map(({ name }) => html`<a href="#${name}">${name}</a>`)}<a href="#subjects">subjects</a></nav>
    <details>
      <summary>How to read this</summary>
      <ul>
        <li>
          Figures of different durability are never ranked together: one that survives a loss of power waits for the
          disk, one that does not, does not.
        </li>
        <li>
          The <b>floor</b> is the raw driver with one ideal index, without ids, leases, retries or error capture. A
          ratio to the floor of the same run says more than a figure, since machines and disks differ.
        </li>
        <li>
          Under each name stands what <b>travels together</b>. Work done in batches is cheaper for each job; a queue may
          only merge what is in flight at the same time.
        </li>
        <li>
          Every handler counts what it ran. A run that failed, or in which a job was lost or ran twice, is marked as
          invalid, and its figures are not shown.
        </li>
        <li>
          The <b>spread</b> (±) is how far the farthest repetition lies from the median. It is no interval of
          confidence; whether two runs differ, <code>--compare</code> tells.
        </li>
      </ul>
    </details>
    ${
      leftOut.length > 0
        ? html`<ul class="left-out">
            ${leftOut.map((each) => html`<li>${leftOutLine(each)}</li>`)}
          </ul>`
        : undefined
    }
  </header>`;
}

/** How everything was set up. */
export function subjectsSection({ commit, subjects, machine }: BenchResult): Html {
  return html`<section id="subjects">
    <h2>subjects</h2>
    <p class="about">How each was set up, and what an acknowledged job survives.</p>
    <div class="scroll">
      <table class="wide">
        <thead>
          <tr>
            <th scope="col">subject</th>
            <th scope="col">durability</th>
            <th scope="col">travels together</th>
            <th scope="col">configuration</th>
          </tr>
        </thead>
        <tbody>
          ${subjects.map(
            ({ name, durability, batching, configuration }) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${SURVIVES[durability]}</td>
                <td>${batching}</td>
                <td>${configuration ?? "–"}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <ul class="machine">
      ${machineLines(machine, commit).map((line) => html`<li>${line}</li>`)}
    </ul>
  </section>`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}

function duration(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
