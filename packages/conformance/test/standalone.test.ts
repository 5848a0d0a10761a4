import type { Adapter, Capabilities, Json } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { type Fixture, runStandalone, type StandaloneOptions } from "../src/index.ts";
import { decorate } from "../src/decorate.ts";
import { naive } from "./naive/fixture.ts";
import { NaiveAdapter, NaiveStore } from "./naive/naive-adapter.ts";

const CAPABILITIES: Capabilities = {
  durability: "none",
  scope: "process",
  atomicity: "store",
  transactions: false,
  push: false,
};

function naiveAdapter(): Adapter {
  return new NaiveAdapter(new NaiveStore()) as Adapter;
}

describe("runStandalone", () => {
  it("reports passed, failed and skipped cases as plain data, with a reason for each that did not pass", async () => {
    const begun: string[] = [];
    const ended: (string | undefined)[] = [];
    const options: StandaloneOptions = {
      only: ["P1", "P25"],
      seed: 7,
      time: "1s",
      onProgress({ running, last }) {
        if (running) begun.push(running.title);
        if (last) ended.push(last.title);
      },
    };
    const report = await runStandalone(
      naive((adapter) => decorate(adapter, { capabilities: { ...adapter.capabilities } })),
      options,
    );
    expect(report).toMatchObject({ adapter: "naive", seed: 7, suite: expect.stringMatching(/^\d/) as string });
    expect(report.capabilities.durability).toBe("snapshot");
    expect([begun, ended]).toEqual([report.cases.map(({ title }) => title), begun]);
    expect(report.promises).toMatchObject([
      { promise: "P1", name: "Durability", part: "Storing" },
      { promise: "P25", name: "Opening and closing", part: "Living", verdict: "broken" },
    ]);
    const { passed, failed, skipped } = report.counts;
    expect(passed + failed + skipped).toBe(report.cases.length);
    const outcomes = report.cases.map(({ title, outcome, reason }) => ({ title, outcome, reason }));
    expect(outcomes).toContainEqual({
      title: "keeps every acknowledged insert when the process is killed",
      outcome: "skipped",
      reason: 'durability is "snapshot"',
    });
    expect(outcomes).toContainEqual({
      title: "tells its capabilities, frozen, and its name once it is open",
      outcome: "failed",
      reason: "The capabilities are not frozen.",
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("fails what is declared without the means to test it", async () => {
    const fixture = naive();
    const report = await runStandalone({ name: "bare", open: () => fixture.open() }, { only: ["P25"], seed: 7 });
    const reasons = report.cases.filter((each) => each.outcome === "failed").map((each) => each.reason);
    expect(reasons).toContain(
      'the adapter declares durability "snapshot", but the fixture has no `reopen` to test it with',
    );
    expect(reasons).toContain('the adapter declares scope "machine", but the fixture has no `reopen` to test it with');
  });

  it("tells the calls that led to a failure, each a line, and who made them where there are several handles", async () => {
    const blind = naive((adapter) =>
      decorate(adapter, { poll: async () => ({ jobs: [], expired: [], nextDueAt: null, now: 0 }) }),
    );
    const historyOf = async (title: string): Promise<readonly string[] | undefined> =>
      (await runStandalone(blind, { title, seed: 7, time: "1s" })).cases[0]?.history;
    expect(await historyOf("takes an urgent job before older ones")).toEqual([
      expect.stringMatching(/^insert main:1.*→ all \d added$/),
      expect.stringMatching(/^poll main.*→ \[\]$/),
    ]);
    expect(await historyOf("keeps the order of jobs over a close")).toEqual([
      expect.stringMatching(/^a: insert/),
      "a: close → done",
      "b: open → done",
      expect.stringMatching(/^b: insert/),
      expect.stringMatching(/^b: poll .*→ \[\]$/),
    ]);
  });

  it("tells of a random case the input that fails, and no call that was made afterwards", async () => {
    const emptied = (payload: Json): Json =>
      JSON.parse(JSON.stringify(payload), (_, value: Json) => (value === "" ? null : value)) as Json;
    const lossy = naive((adapter) =>
      decorate(adapter, {
        insert: (jobs, at) =>
          adapter.insert(
            jobs.map((job) => ({ ...job, payload: emptied(job.payload) })),
            at,
          ),
      }),
    );
    const { cases } = await runStandalone(lossy, { title: "gives any JSON back as it came", seed: 7, time: "1s" });
    expect(cases[0]?.reason).toMatch(/^A payload changed\.[^]*\nFound with .*""/);
    expect(cases[0]?.history?.at(-2)).toMatch(/^insert .*""/);
  });

  it("says which verb threw, and what", async () => {
    const poll = () => Promise.reject(new Error("not written yet"));
    const fixture = naive((adapter) => decorate(adapter, { poll }));
    const { cases } = await runStandalone(fixture, { only: ["P6"], time: "1s" });
    expect(cases.map(({ reason }) => reason)).toContain("`poll` threw not written yet");
  });

  it("says which function of the fixture threw, but not of what a transaction has to pass on", async () => {
    const broken = () => Promise.reject(new Error("none"));
    const right = naive();
    const reasons = async (fixture: Fixture): Promise<(string | undefined)[]> =>
      (await runStandalone(fixture, { only: ["P5"], time: "1s" })).cases.map(({ reason }) => reason);
    const throwing = await reasons({ ...right, transaction: broken, reopen: broken });
    expect(throwing).toContain("`transaction` of the fixture threw none");
    expect(throwing).toContain("`reopen` of the fixture threw none");
    expect(throwing.filter((reason) => !reason?.includes("fixture"))).toEqual([]);
    expect(new Set(await reasons(right))).toEqual(new Set([undefined]));
  });

  it("fails a case in which an error is thrown outside of any call, instead of ending the process", async () => {
    const get: Adapter["get"] = async (ids) => {
      setImmediate(() => {
        throw new Error("from nowhere");
      });
      void Promise.reject(new Error("nobody awaits it"));
      return ids.map(() => null);
    };
    const fixture = naive((adapter) => decorate(adapter, { get }));
    const report = await runStandalone(fixture, { title: "opens a new store empty", time: "1s" });
    expect(report.cases[0]?.reason).toMatch(
      /thrown outside of any call.*: (nobody awaits it; from nowhere|from nowhere; nobody awaits it)$/,
    );
  });

  it("ends early when it is told to, with what was found until then, even if a verb never answers", async () => {
    const fixture = naive((adapter) => decorate(adapter, { poll: () => new Promise(() => {}) }));
    const controller = new AbortController();
    const report = await runStandalone(fixture, {
      only: ["P25", "P26"],
      signal: controller.signal,
      time: "1s",
      onProgress: ({ done }) => done >= 1 && controller.abort(),
    });
    expect(report.cases.length).toBeGreaterThan(0);
    expect(report.isWhole).toBe(false);
    expect(report.promises.map(({ verdict }) => verdict)).not.toContain("kept");
  });

  it.each([
    [
      "a fixture that fails",
      { open: () => Promise.reject(new Error("no disk")) },
      "`open` of the fixture failed: no disk.",
    ],
    [
      "an adapter that does not open",
      { open: () => decorate(naiveAdapter(), { open: () => Promise.reject(new Error("no disk")) }) },
      '"mine" cannot be tested: `open` failed: no disk.',
    ],
    [
      "what is no adapter",
      { open: () => ({ name: "mine", open() {}, close() {} }) as unknown as Adapter },
      "has no `insert`, `poll`, `cas`",
    ],
    [
      "capabilities that do not exist",
      { open: () => decorate(naiveAdapter(), { capabilities: { ...CAPABILITIES, scope: "galaxy" as never } }) },
      '`capabilities.scope` must be one of "process", "machine", "network"; it is "galaxy"',
    ],
  ])("refuses %s at once, and says why", async (_, fixture, reason) => {
    await expect(runStandalone({ name: "mine", ...fixture })).rejects.toThrow(reason);
  });
});
