import { describe, expect, it } from "vitest";
import { decorate } from "../../src/decorate.ts";
import { compareAdapters } from "../../src/model/compare-adapters.ts";
import { readReplay } from "../../src/model/replay.ts";
import { findAgain, MODEL, search } from "../../src/model/search.ts";
import { naive } from "../naive/fixture.ts";

/** Gives jobs out in the wrong order, which shows with two jobs and a poll. */
const reversed = naive((adapter) =>
  decorate(adapter, {
    poll: async (request) => {
      const { jobs, ...rest } = await adapter.poll(request);
      return { ...rest, jobs: jobs.toReversed() };
    },
  }),
);

const rivals = { subject: reversed, reference: MODEL };

describe("the search for a script that shows a fault", () => {
  it("tells it as a short history of calls, with the answer that was to be expected", async () => {
    const found = await search(rivals, ["choosing"], { seed: 1, budgetMs: 5000 });
    expect(found?.message).toMatch(/^`poll` of naive answered otherwise at `jobs/);
    expect(found?.steps.length).toBeLessThanOrEqual(3);
    expect(found?.history.length).toBeLessThanOrEqual(4);
    expect(found?.history.at(-1)).toMatch(/^memory: → \[/);
  });

  it("finds the same again by the replay that it tells, and by the steps as JSON", async () => {
    const found = await search(rivals, ["choosing"], { seed: 1, budgetMs: 5000 });
    const { taste = "choosing", steps = [] } = found ?? {};
    for (const text of [found?.replay ?? "", JSON.stringify({ taste, steps })]) {
      const replay = readReplay(text);
      const again = replay && (await findAgain(rivals, replay));
      expect(again?.steps).toEqual(steps);
      expect(again?.message).toBe(found?.message);
    }
  });

  it("finds nothing any more by a replay once the fault is mended", async () => {
    const found = await search(rivals, ["choosing"], { seed: 1, budgetMs: 5000 });
    const replay = readReplay(found?.replay ?? "");
    expect(replay && (await findAgain({ subject: naive(), reference: MODEL }, replay))).toBeNull();
  });

  it("takes nothing for a replay that is none", () => {
    for (const text of [
      "",
      "model:",
      "model:nothing:1",
      "model:storing:x",
      "{}",
      "null",
      '{"taste":"storing"}',
      "[1]",
      '{"taste":"storing","steps":[{"verb":"subscribe","by":"a"}]}',
      '{"taste":"storing","steps":[{"verb":"get","ids":[]}]}',
      '{"taste":"storing","steps":[null]}',
    ]) {
      expect(readReplay(text)).toBeNull();
    }
  });

  it("compares any two adapters, and tells of each thing that scripts are about at most one difference", async () => {
    const same = await compareAdapters(naive(), naive(), { seed: 3, time: 200 });
    expect(same).toMatchObject({ seed: 3, differences: [] });
    expect(same.scripts).toBeGreaterThan(0);
    const { differences } = await compareAdapters(reversed, naive(), { seed: 3, time: 2000 });
    const about = differences.map((difference) => difference.about);
    expect(about).toContain("choosing");
    expect(new Set(about).size).toBe(about.length);
  });
});
