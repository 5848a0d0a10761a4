import { beforeAll, expect, it } from "vitest";
import { compareResults } from "../src/compare/compare.ts";
import { panelsOf } from "../src/report/charts/panel.ts";
import { html } from "../src/report/html.ts";
import { prepareReport, type Report } from "../src/report/prepare.ts";
import { summarise } from "../src/statistics.ts";
import { Book } from "../src/tables/relation.ts";
import { measured, resultOf } from "./measured.ts";

let report: Report;
beforeAll(async () => {
  report = await prepareReport();
});

it("asks the network for nothing, and runs no script", () => {
  const page = report(resultOf([measured()]));
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<link|<img|https?:\/\/(?!www\.w3\.org)|url\(/);
});

it("escapes whatever a result says", () => {
  const [subject, escaped] = [`<b>"&'`, "&#60;b&#62;&#34;&#38;&#39;"];
  const samples = [summarise([1, 2])];
  const result = resultOf(
    [
      measured({ subject, scenario: "bars" }),
      measured({ subject, scenario: "hills", unit: "ms", samples, values: [1] }),
      ...[10, 100].map((waiting) => measured({ subject, scenario: "curves", parameters: { waiting } })),
    ],
    {
      scenarios: [
        { name: "bars", about: "" },
        { name: "hills", about: "", plot: { kind: "distribution" } },
        { name: "curves", about: "", plot: { kind: "curve", over: "waiting" } },
      ],
    },
  );
  const page = report(
    result,
    compareResults(resultOf([measured({ subject, scenario: "bars", values: [1, 1, 1] })]), result),
  );
  expect(page).not.toContain(`<b>"`);
  expect(page).toContain(escaped);
  const labels = [...page.matchAll(/aria-label="([^"]*)"/g)].map(([, label = ""]) => label);
  const named = labels.filter((label) => label.includes("&lt;b>&quot;&amp;'"));
  expect(named).toHaveLength(4);
  for (const label of labels) expect(label).not.toMatch(/<|&(?!amp;|lt;|quot;)/);
  expect(html`<i>${"<"}${html`<br />`}${undefined}${[1, "&"]}</i>`.text).toBe("<i>&#60;<br />1&#38;</i>");
});

it("draws every kind of plot", () => {
  const samples = [summarise([1, 2, 3, 50])];
  const all = [
    measured({ scenario: "bars" }),
    measured({ scenario: "hills", unit: "ms", samples, values: [2] }),
    ...[1000, 10_000].map((waiting) => measured({ scenario: "curves", parameters: { waiting } })),
    measured({ scenario: "figures" }),
  ];
  const result = resultOf(all, {
    scenarios: [
      { name: "bars", about: "" },
      { name: "hills", about: "", plot: { kind: "distribution" } },
      { name: "curves", about: "", plot: { kind: "curve", over: "waiting" }, baseline: { parameter: "waiting" } },
      { name: "figures", about: "", plot: { kind: "none" } },
    ],
  });
  const page = report(result, compareResults(resultOf([measured({ scenario: "bars", values: [50, 51, 52] })]), result));
  const section = (name: string): string =>
    new RegExp(`<section id="${name}">.*?</section>`, "s").exec(page)?.[0] ?? "";
  for (const name of ["bars", "hills", "curves", "comparison"]) expect(section(name)).toContain('role="img"');
  expect(section("figures")).not.toContain('role="img"');
});

it("shows a page of a run in which nothing was valid", () => {
  const page = report(resultOf([measured({ values: [], invalid: ["of 10 jobs 1 were lost"] })]));
  expect(page).toContain("of 10 jobs 1 were lost");
  expect(page).not.toMatch(/NaN|Infinity/);
});

it("compares bars only with what has the same durability and the same floor", () => {
  const all = [
    measured({ subject: "floor full", kind: "floor", values: [200] }),
    measured({ subject: "ours full", floor: "floor full", values: [100] }),
    measured({ subject: "floor normal", kind: "floor", durability: "crash", values: [1000] }),
    measured({ subject: "ours normal", durability: "crash", floor: "floor normal", values: [900] }),
  ];
  const [panel] = panelsOf({ name: "throughput", about: "" }, all, new Book(all));
  expect(panel?.scale).toBe("ratio");
  expect(panel?.groups.map(({ reference, bars }) => [reference, bars.map(({ label }) => label)])).toEqual([
    [{ name: "floor full", value: 200 }, ["ours full"]],
    [{ name: "floor normal", value: 1000 }, ["ours normal"]],
  ]);
});

it("colours and explains a subject by what it is, whatever it is called", () => {
  const page = report(resultOf([measured({ subject: "floor of mine", kind: "other" })]));
  expect(page).toContain("other queues");
  expect(page).toContain("var(--other)");
  expect(page).not.toMatch(/raw drivers<|AnyQueue</);
});
