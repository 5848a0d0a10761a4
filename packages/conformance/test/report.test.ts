import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { badgeOf, badgeSvg, type CaseReport, type Report, renderReport } from "../src/index.ts";
import { countOutcomes, judgePromises } from "../src/report/verdicts.ts";

/** A report of these cases and of no others. */
function reportOf(reports: readonly CaseReport[], more: Partial<Report> = {}): Report {
  return {
    suite: "1.2.3",
    subject: "mine",
    adapter: "mine",
    capabilities: { durability: "none", scope: "process", atomicity: "store", transactions: false, push: false },
    seed: 7,
    timeMs: 30_000,
    tookMs: 1234,
    node: "v24.0.0",
    isWhole: reports.length === cases.length,
    counts: countOutcomes(reports),
    promises: judgePromises(reports),
    cases: reports,
    ...more,
  };
}

/** Every case of a promise, all with the same outcome. */
function allOf(promise: string, rest: Pick<CaseReport, "outcome"> & Partial<CaseReport>): CaseReport[] {
  return cases
    .filter((subject) => subject.promise === promise)
    .map(({ promise: number, title }) => ({ promise: number, scenarios: [], title, tookMs: 1, ...rest }));
}

const kept = allOf("P14", { outcome: "passed" });
const excused = allOf("P5", { outcome: "skipped", reason: "transactions is false" });
const broken = allOf("P13", { outcome: "passed" }).with(1, {
  ...(allOf("P13", { outcome: "failed" })[1] as CaseReport),
  reason:
    "A stale holder completed the job.\nExpected values to be strictly deep-equal:\n+ actual - expected\n\n+ 'ok'\n- 'stale'",
  history: ["insert main:1 at +0 s → added", "cas main:1 {token: 1} completed at +31 s → ok (version 2)"],
});

describe("a report", () => {
  it("has a line for each promise with its name, verdict and cases, under the part of the contract it belongs to", () => {
    const text = renderReport(reportOf([...excused, ...broken, ...kept]));
    const n = broken.length;
    expect(text).toMatch(/^Storing\n {2}– P5 {3}Your transaction {2}not applicable +transactions is false$/m);
    expect(text).toMatch(
      new RegExp(`^Deciding\\n  ✗ P13  Fencing +BROKEN +${n - 1}/${n}  A stale holder completed the job\\.$`, "m"),
    );
    expect(text).toMatch(new RegExp(`^  ✓ P14  Finality +kept +${kept.length}/${kept.length}$`, "m"));
  });

  it("tells what the races and crashes came to: how much was tried, what was done twice, and what is not known", () => {
    const counts = { rounds: 3, calls: 100, acknowledged: 9, takenOver: 2, again: 1, unjudged: 0 };
    const raced = kept.map((each, i) => (i < 2 ? { ...each, counts } : each));
    expect(renderReport(reportOf(kept))).not.toContain("Races");
    const told = "Races and crashes: 200 calls in 6 rounds; 4 leases ended, jobs were begun again 2 times.";
    expect(renderReport(reportOf(raced))).toContain(`${told}\n`);
    const unsure = reportOf([{ ...kept[0], counts: { ...counts, unjudged: 1 } } as CaseReport]);
    expect(renderReport(unsure)).toContain("1 job took too long to judge.");
  });

  it("shows how a promise is broken: the case, the sentence, the difference and the calls", () => {
    const text = renderReport(reportOf([...broken, ...kept]), { command: "anyqueue conformance ./mine.js" });
    expect(text).toContain(`P13 Fencing: 1 of ${broken.length} cases fails

  ✗ ${broken[1]?.title ?? ""}
      A stale holder completed the job.
      (+ what it answered, - what the contract says)
      + 'ok'
      - 'stale'

        insert main:1 at +0 s → added
        cas main:1 {token: 1} completed at +31 s → ok (version 2)`);
    expect(text).toContain("Run these again: anyqueue conformance ./mine.js --only P13 --seed 7");
    expect(text).toContain("mine breaks 1 of 2 promises: P13 Fencing.");
  });

  it("ends with what it comes to", () => {
    const last = (report: Report): string | undefined => renderReport(report).split("\n").at(-2);
    expect(last(reportOf([...kept, ...excused]))).toBe("mine keeps 1 promise; 1 more not applicable.");
    expect(last(reportOf(kept.slice(1)))).toBe("mine breaks no promise in the cases that were run.");
    expect(last(reportOf(excused))).toBe("mine: nothing of what was chosen applies to it.");
    expect(last(reportOf(kept, { subject: "mine on a file" }))).toMatch(/^mine on a file \(mine\) keeps/);
  });

  it("tells what was not waited for from what does not apply", () => {
    const unjudged = { outcome: "skipped", isUnjudged: true, reason: "not judged: `get` had not ended" } as const;
    const text = renderReport(reportOf([...excused, ...kept.with(0, { ...(kept[0] as CaseReport), ...unjudged })]));
    expect(text).toMatch(
      /^ {2}· P14 +Finality +partly run +(\d+)\/\1 {2}1 left out: not judged: `get` had not ended$/m,
    );
    expect(text).toContain(`${excused.length} not applicable, 1 not judged.`);
  });

  it("tells a cause that breaks much only once, and first", () => {
    const cause = {
      outcome: "failed",
      reason: "`cas` threw not written yet",
      history: ["cas → threw not written yet"],
    } as const;
    const text = renderReport(reportOf([...allOf("P12", cause), ...allOf("P13", cause)]));
    expect(text.match(/→ threw/g)).toHaveLength(1);
    expect(text).toMatch(/Broken by the same: P13 Fencing \(\d+ of \d+\)/);
    expect(text).toMatch(/Begin with this, which fails \d+ of the \d+ cases: `cas` threw not written yet/);
  });

  it("says of the other cases of a promise why they fail, where it is for another reason", () => {
    const failed = allOf("P14", { outcome: "failed", reason: "The first result was lost.\nmore" });
    const text = renderReport(
      reportOf([...failed.slice(0, 2), { ...(failed[2] as CaseReport), reason: "boom\nmore" }]),
    );
    expect(text.match(/The first result was lost\.$/gm)).toHaveLength(2);
    expect(text).toContain(`  ✗ ${failed[1]?.title}\n  ✗ ${failed[2]?.title}\n      boom\n`);
  });

  it("tells what replays a counterexample, as the shell takes it", () => {
    const [first, ...rest] = allOf("P14", { outcome: "passed" });
    const failed = { ...(first as CaseReport), outcome: "failed", reason: "Broken.", replay: "a 'b'" } as const;
    const text = renderReport(reportOf([failed, ...rest]), { command: "anyqueue conformance ./mine.js" });
    expect(text).toContain("Replay it: anyqueue conformance ./mine.js --replay 'a '\\''b'\\'''");
  });

  it("doubts what only the model finds in a verb whose answers break another promise, which may be the reason", () => {
    const found = {
      outcome: "failed",
      reason: "`poll` of mine answered otherwise.",
      verb: "poll",
      script: {},
    } as const;
    const differing = kept.with(0, { ...(kept[0] as CaseReport), ...found });
    const failing = (verb: string) => broken.map((each) => (each.outcome === "failed" ? { ...each, verb } : each));
    const verdicts = (reports: readonly CaseReport[]) => judgePromises(reports).map(({ verdict }) => verdict);
    expect(verdicts(differing)).toEqual(["broken"]);
    expect(verdicts([...failing("cas"), ...differing])).toEqual(["broken", "broken"]);
    const explained = reportOf([...failing("poll"), ...differing]);
    expect(explained.promises.map(({ verdict }) => verdict)).toEqual(["broken", "doubtful"]);
    const text = renderReport(explained);
    expect(text).toMatch(/^ {2}\? P14 +Finality +doubtful/m);
    expect(text).toContain("P14 Finality: their own cases pass, but random calls are answered otherwise");
    expect(text).toContain("mine breaks 1 of 2 promises: P13 Fencing; 1 more is doubtful.");
  });

  it("tells what random calls found once, at the promise that it is about, and who found it", () => {
    const found = {
      outcome: "failed",
      reason: "`events` of mine answered otherwise.",
      script: {},
      toldAt: "P23",
    } as const;
    const differing = [...kept, ...broken.map((each) => ({ ...each, outcome: "passed" as const }))].map((each) =>
      each === kept[0] || each.title === broken[1]?.title ? { ...each, ...found } : each,
    );
    const report = reportOf(differing);
    expect(report.promises).toMatchObject([
      { promise: "P13", verdict: "doubtful", failed: 0, reason: "random calls met what is told at P23" },
      { promise: "P14", verdict: "doubtful", failed: 0, reason: "random calls met what is told at P23" },
      { promise: "P23", verdict: "broken", failed: 2, foundBy: ["P14", "P13"] },
    ]);
    const text = renderReport(report, { command: "anyqueue conformance ./mine.js" });
    expect(text).toContain("P23 Following: 2 of 2 cases fail, random ones of P14, P13 among them");
    expect(text.match(/answered otherwise/g)).toHaveLength(2);
    expect(text).toContain("--only P23,P14,P13 --seed 7");
    expect(text).toContain("mine breaks 1 of 3 promises: P23 Following; 2 more are doubtful.");
  });

  it("keeps to the width of a terminal, and to one without colours", () => {
    const all = reportOf([...excused, ...broken, ...kept]);
    for (const width of [48, 60, 80]) {
      const lines = renderReport(all, { width }).split("\n");
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
    expect(renderReport(all)).not.toContain("\u001b");
    expect(renderReport(all, { isColoured: true })).toContain("\u001b[31m");
  });

  it("lets no answer of an adapter move the cursor", () => {
    const evil = allOf("P14", { outcome: "failed", reason: "\u001b[2Jgone\n\u001b[31m+ red", history: ["get \u0007"] });
    const text = renderReport(reportOf(evil));
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe("a badge", () => {
  it("says how many promises are kept, or broken", () => {
    expect(badgeOf(reportOf([...kept, ...excused, ...allOf("P4", { outcome: "passed" })]))).toEqual({
      schemaVersion: 1,
      label: "AnyQueue",
      message: "2 promises kept",
      color: "brightgreen",
    });
    expect(badgeOf(reportOf([...kept, ...broken]))).toMatchObject({ message: "1 of 2 promises broken", color: "red" });
  });

  it("is an image, too", () => {
    expect(badgeSvg(badgeOf(reportOf([...kept, ...broken])))).toMatch(
      /^<svg [^]*>1 of 2 promises broken<[^]*<\/svg>\n$/,
    );
  });
});
