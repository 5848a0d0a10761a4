import type { Adapter } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { decorate } from "../src/decorate.ts";
import type { Fixture } from "../src/fixture.ts";
import { type TasteName, TASTES } from "../src/model/plans/tastes.ts";
import { tellFindings } from "../src/report/findings.ts";
import type { CaseReport } from "../src/report/report.ts";
import { judgePromises } from "../src/report/verdicts.ts";
import { runCase } from "../src/run-case.ts";
import { without } from "./faulty/fault.ts";
import { naive } from "./naive/fixture.ts";

/** Adapters that are wrong in one way, and the promise that says so. */
const FAULTS: readonly (readonly [promise: string, name: string, fault: (adapter: Adapter) => Partial<Adapter>])[] = [
  [
    "P7",
    "polls in reverse",
    (adapter) => ({
      poll: async (request) => {
        const { jobs, ...rest } = await adapter.poll(request);
        return { ...rest, jobs: jobs.toReversed() };
      },
    }),
  ],
  [
    "P10",
    "tells never when to look again",
    (adapter) => ({ poll: async (request) => ({ ...(await adapter.poll(request)), nextDueAt: null }) }),
  ],
  [
    "P13a",
    "spawns in reverse",
    (adapter) => ({
      cas: async (changes, at) => {
        const reversed = changes.map((change) =>
          change.spawn ? { ...change, spawn: change.spawn.toReversed() } : change,
        );
        const outcomes = await adapter.cas(reversed, at);
        return outcomes.map((outcome) =>
          outcome.status === "ok" && outcome.spawned ? { ...outcome, spawned: outcome.spawned.toReversed() } : outcome,
        );
      },
    }),
  ],
  ["P15", "takes nothing over", (adapter) => ({ poll: (request) => adapter.poll({ ...request, expired: 0 }) })],
  [
    "P17",
    "knows no unique keys",
    (adapter) => ({
      insert: (jobs, at) =>
        adapter.insert(
          jobs.map((job) => without(job, "unique")),
          at,
        ),
    }),
  ],
  [
    "P22",
    "appends in reverse",
    (adapter) => ({
      append: async (entries, at) => (await adapter.append(entries.toReversed(), at)).toReversed(),
    }),
  ],
  [
    "P23",
    "leaves what is appended to finished jobs out of the log of all jobs",
    (adapter) => ({
      events: async (query) => {
        const { items, cursors, after } = await adapter.events(query);
        const jobs = await adapter.get(items.map(({ id }) => id));
        const kept = items.map(({ at }, i) => query.id !== undefined || !(at > (jobs[i]?.finishedAt ?? at)));
        return { items: items.filter((_, i) => kept[i]), cursors: cursors.filter((_, i) => kept[i]), after };
      },
    }),
  ],
];

/** How many scripts about each thing are played, until one shows a fault. */
const SCRIPTS = 4;

/** What the random cases find in the same scripts each time. */
async function search(subject: Fixture): Promise<CaseReport[]> {
  const reports: CaseReport[] = [];
  for (const taste of Object.keys(TASTES) as TasteName[]) {
    const finder = cases.find((each) => each.replays?.(`model:${taste}:1`) === true);
    for (let seed = 1; finder && seed <= SCRIPTS; seed++) {
      const { promise, title } = finder;
      const outcome = await runCase(subject, finder, seed, { replay: `model:${taste}:${seed}` });
      if (outcome.outcome !== "failed") continue;
      const { message: reason, verb = "", field = "", script } = outcome;
      reports.push({ promise, scenarios: [], title, outcome: "failed", tookMs: 1, reason, verb, field, script });
      break;
    }
  }
  return tellFindings(reports);
}

describe("a fault that only random calls meet", () => {
  it.each(FAULTS)("is told at %s, and at no other promise, of an adapter that %s", async (promise, _, fault) => {
    const reports = await search(naive((adapter) => decorate(adapter, fault(adapter))));
    const judged = judgePromises(reports);
    const broken = judged.filter(({ verdict }) => verdict === "broken");
    expect(broken.map((each) => each.promise)).toEqual([promise]);
    const finders = new Set(reports.map((each) => each.promise));
    expect(new Set(broken.flatMap(({ foundBy = [] }) => foundBy))).toEqual(
      new Set([...finders].filter((each) => each !== promise)),
    );
    const others = judged.filter((each) => each.promise !== promise);
    expect(others.filter(({ verdict }) => verdict !== "doubtful")).toEqual([]);
  });
});
