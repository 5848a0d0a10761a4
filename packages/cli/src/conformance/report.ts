import type { Report } from "@anyqueue/conformance";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";

/** The report as programs get it, for instance to make a badge. */
export function conformanceData({ suite, adapter, capabilities, seed, counts, cases }: Report): unknown {
  return {
    suite,
    adapter,
    capabilities,
    seed,
    counts,
    cases: cases.map(({ promise, title, outcome, reason }) => ({
      promise,
      title,
      outcome,
      ...(reason !== undefined && { reason }),
    })),
  };
}

/** What holds and what does not, promise by promise. */
export function conformanceText({ suite, adapter, seed, counts, cases }: Report): string {
  const promises = [...new Set(cases.map(({ promise }) => promise))].toSorted(byNumber);
  const rows = promises.map((promise) => {
    const own = cases.filter((each) => each.promise === promise);
    const count = (outcome: string): number => own.filter((each) => each.outcome === outcome).length;
    const failed = own.find(({ outcome }) => outcome === "failed");
    const skipped = own.find(({ outcome }) => outcome === "skipped");
    const verdict = failed ? "broken" : count("passed") > 0 ? "kept" : "not applicable";
    const remark = failed
      ? `${failed.title}: ${oneLine(failed.reason)}`
      : skipped
        ? `${count("skipped")} not applicable: ${oneLine(skipped.reason)}`
        : "";
    return [promise, verdict, `${count("passed")}/${own.length - count("skipped")}`, remark];
  });
  const { passed, failed, skipped } = counts;
  return [
    table(["promise", "verdict", "passed", "remark"], rows),
    "",
    `${adapter}, suite ${suite}, seed ${seed}: ${passed} passed, ${failed} failed, ${skipped} not applicable.`,
  ].join("\n");
}

function oneLine(reason = ""): string {
  return printable(reason.split("\n", 1).join(""));
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10) || (a < b ? -1 : 1);
}
