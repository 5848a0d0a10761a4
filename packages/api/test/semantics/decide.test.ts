import {
  type Change,
  decide,
  type Decision,
  type Expectation,
  isRenewal,
  type Job,
  type Settings,
} from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { heldJob, jobOf } from "../support/jobs.ts";

const NOW = 500;

function change(expected: Expectation, set: Settings, more: Partial<Change> = {}): Change {
  return { id: "default:1", expect: expected, set, ...more };
}

/** What a change that must be `ok` comes to. */
function applied(job: Job, wanted: Change): Extract<Decision, { job: Job }> {
  const decision = decide(job, wanted, NOW);
  if (!decision.job) throw new Error("The change was refused.");
  return decision;
}

/** The job after a change that must be `ok`. */
function after(job: Job, set: Settings): Job {
  return applied(job, change({ version: job.version }, set)).job;
}

const done = jobOf({ state: "completed", result: 5, finishedAt: 100, attempt: 2, token: 7, version: 4 });

describe("decide: verdicts", () => {
  it.each<[string, Job | null, Expectation, Settings, string]>([
    ["no such job", null, { token: 7, version: 99 }, {}, "missing"],
    ["the token of the living lease", heldJob(), { token: 7 }, {}, "ok"],
    ["another token", heldJob(), { token: 6 }, {}, "stale"],
    ["a wrong token before a wrong version", heldJob(), { token: 6, version: 99 }, {}, "stale"],
    [
      "the token of a lease that has ended",
      heldJob({ lease: { token: 7, until: NOW, holder: "a", from: "waiting" } }),
      { token: 7 },
      {},
      "stale",
    ],
    ["the token of a lease that was given up", jobOf({ token: 7 }), { token: 7 }, {}, "stale"],
    ["token 0 of a job never held", jobOf(), { token: 0 }, {}, "stale"],
    ["the token after the end", done, { token: 7 }, { state: "completed" }, "stale"],
    ["another state", heldJob(), { state: "waiting" }, {}, "conflict"],
    ["one of several states", heldJob(), { state: ["waiting", "active"] }, {}, "ok"],
    ["none of several states", heldJob(), { state: ["waiting", "failed"] }, {}, "conflict"],
    ["no state at all", heldJob(), { state: [] }, {}, "conflict"],
    ["another version", heldJob(), { token: 7, version: 1 }, {}, "conflict"],
    ["a predicate that fails", heldJob(), { token: 7, where: { attempt: { gt: 1 } } }, {}, "conflict"],
    ["a predicate that holds", heldJob(), { token: 7, where: { attempt: { eq: 1 } } }, {}, "ok"],
    ["a renewal of nobody's job", jobOf(), { version: 1 }, { leaseMs: 5 }, "conflict"],
    [
      "a renewal after the end of the lease",
      heldJob({ lease: { token: 7, until: NOW, holder: "a", from: "waiting" } }),
      { version: 2 },
      { leaseMs: 5 },
      "conflict",
    ],
    ["the cancelling of a finished job", done, { version: 4 }, { cancel: true }, "conflict"],
    ["the retry of a finished job", done, { state: "completed" }, { state: "waiting" }, "ok"],
  ])("P12 P13 answers to %s: %j", (_, job, expected, set, status) => {
    const { outcome, job: next } = decide(job, change(expected, set), NOW);

    expect(outcome.status).toBe(status);
    expect(next === undefined).toBe(status !== "ok");
  });

  it("P12 tells a loser how the job is", () => {
    expect(decide(heldJob(), change({ token: 6 }, {}), NOW).outcome).toEqual({
      status: "stale",
      state: "active",
      token: 7,
      version: 2,
    });
  });

  it("P13a tells the ids of what is spawned, in order", () => {
    const child = {
      id: "default:c",
      lane: "default",
      type: "a",
      payload: 1,
      state: "waiting",
      priority: 1,
      maxAttempts: 1,
    };

    expect(decide(heldJob(), change({ token: 7 }, { state: "completed" }, { spawn: [child] }), NOW).outcome).toEqual({
      status: "ok",
      version: 3,
      spawned: ["default:c"],
    });
  });

  it("changes neither the job nor the change that it is given", () => {
    const job = Object.freeze(heldJob({ cancelRequested: true }));

    expect(() =>
      decide(job, Object.freeze(change({ token: 7 }, Object.freeze({ state: "completed", result: 1 }))), NOW),
    ).not.toThrow();
    expect(job).toEqual(heldJob({ cancelRequested: true }));
  });
});

describe("decide: what a change does", () => {
  it("P12 completes a job: lease gone, result there, finished now", () => {
    const next = after(heldJob(), { state: "completed", result: null });

    expect(next).toMatchObject({
      state: "completed",
      result: null,
      finishedAt: NOW,
      version: 3,
      updatedAt: NOW,
      attempt: 1,
      token: 7,
    });
    expect(next).not.toHaveProperty("lease");
  });

  it("renews without a new version, order or update", () => {
    const { job, renewal, events, outcome } = applied(heldJob(), change({ token: 7 }, { leaseMs: 700 }));

    expect(renewal).toBe(true);
    expect(job).toEqual(heldJob({ lease: { token: 7, until: 1200, holder: "a", from: "waiting" } }));
    expect(events).toEqual([]);
    expect(outcome).toEqual({ status: "ok", version: 2 });
  });

  it("can shorten a lease", () => {
    expect(after(heldJob(), { leaseMs: 1 }).lease?.until).toBe(501);
  });

  it.each<[string, Change, boolean]>([
    ["leaseMs alone", change({ token: 1 }, { leaseMs: 5 }), true],
    [
      "with fields that are undefined",
      { ...change({ token: 1 }, {}), set: { leaseMs: 5, ...({ progress: undefined } as object) } },
      true,
    ],
    ["with progress", change({ token: 1 }, { leaseMs: 5, progress: 1 }), false],
    ["with progress null", change({ token: 1 }, { leaseMs: 5, progress: null }), false],
    ["with a priority of 0", change({ token: 1 }, { leaseMs: 5, priority: 0 }), false],
    ["with an event", change({ token: 1 }, { leaseMs: 5 }, { event: null }), false],
    ["with children", change({ token: 1 }, { leaseMs: 5 }, { spawn: [] }), false],
    ["nothing", change({ token: 1 }, {}), false],
  ])("takes as a renewal: %s", (_, given, answer) => {
    expect(isRenewal(given)).toBe(answer);
  });

  it("prolongs a lease beside other things, which then is a change like any", () => {
    const next = after(heldJob(), { leaseMs: 700, progress: { at: 1 } });

    expect(next).toMatchObject({ version: 3, progress: { at: 1 }, lease: { until: 1200 } });
  });

  it("P11 moves on under the same lease, which still leads back to where it came from", () => {
    const next = after(heldJob(), { state: "step2", leaseMs: 700 });

    expect(next).toMatchObject({ state: "step2", attempt: 1, lease: { from: "waiting", until: 1200 } });
  });

  it("starts counting attempts again when the job moves on, not when it goes back", () => {
    expect(after(heldJob({ attempt: 2 }), { state: "fetched" }).attempt).toBe(0);
    expect(after(heldJob({ attempt: 2 }), { state: "waiting" }).attempt).toBe(2);
    expect(after(heldJob({ attempt: 2 }), { state: "waiting", attempt: 1 }).attempt).toBe(1);
    expect(after(heldJob({ attempt: 2 }), { state: "failed" }).attempt).toBe(2);
    expect(after(done, { state: "waiting" }).attempt).toBe(0);
    expect(after(jobOf({ state: "fetched", attempt: 2 }), { state: "fetched" }).attempt).toBe(2);
  });

  it("keeps the due time of a job that is given back, unless a new one is set", () => {
    expect(after(heldJob({ runAt: 33 }), { state: "waiting" }).runAt).toBe(33);
    expect(after(heldJob({ runAt: 33 }), { state: "waiting", delayMs: 100 }).runAt).toBe(600);
    expect(after(heldJob({ runAt: 33 }), { state: "waiting", runAt: 44 }).runAt).toBe(44);
  });

  it("P14 clears result and finishing time when a job leaves its end, and keeps its error", () => {
    const next = after({ ...done, state: "failed", error: { message: "no" } }, { state: "waiting" });

    expect(next).toMatchObject({ state: "waiting", error: { message: "no" } });
    expect(next).not.toHaveProperty("result");
    expect(next).not.toHaveProperty("finishedAt");
  });

  it("sets fields without touching state or lease", () => {
    const next = after(heldJob(), { priority: 0, payload: [1], progress: false, attempt: 9 });

    expect(next).toMatchObject({
      priority: 0,
      payload: [1],
      progress: false,
      attempt: 9,
      state: "active",
      lease: heldJob().lease,
    });
  });

  it("tells that a requeue wants a new place", () => {
    expect(decide(heldJob(), change({ token: 7 }, { state: "waiting", requeue: true }), NOW)).toMatchObject({
      requeue: true,
    });
    expect(decide(heldJob(), change({ token: 7 }, { state: "waiting" }), NOW)).toMatchObject({ requeue: false });
  });
});

describe("decide: cancelling", () => {
  const ended = heldJob({ lease: { token: 7, until: NOW, holder: "a", from: "waiting" } });

  it.each([
    ["waits", jobOf()],
    ["is in a state of the user's own", jobOf({ state: "fetched" })],
    ["is blocked", jobOf({ state: "blocked" })],
    ["was held until now", ended],
  ])("P21 is immediate for a job that %s", (_, job) => {
    const { job: next, outcome } = decide(job, change({ version: job.version }, { cancel: true }), NOW);

    expect(next).toMatchObject({ state: "cancelled", finishedAt: NOW });
    expect(next).not.toHaveProperty("lease");
    expect(outcome).not.toHaveProperty("cancelRequested");
  });

  it("P21 asks the holder of a held job, who learns it with every later change", () => {
    const asked = decide(heldJob(), change({ version: 2 }, { cancel: true }), NOW);
    if (!asked.job) throw new Error("refused");

    expect(asked.outcome).toEqual({ status: "ok", version: 3, cancelRequested: true });
    expect(asked.job).toMatchObject({ state: "active", cancelRequested: true, lease: { token: 7 } });
    expect(decide(asked.job, change({ token: 7 }, { leaseMs: 5 }), NOW).outcome).toMatchObject({
      cancelRequested: true,
    });
    expect(decide(asked.job, change({ token: 7 }, { progress: 1 }), NOW).outcome).toMatchObject({
      cancelRequested: true,
    });
  });

  it.each<[string, Settings, string]>([
    ["completes it", { state: "completed", result: 1 }, "completed"],
    ["fails it", { state: "failed" }, "failed"],
    ["cancels it", { state: "cancelled" }, "cancelled"],
    ["gives it back", { state: "waiting", attempt: 0 }, "cancelled"],
    ["wants to retry it", { state: "waiting", delayMs: 10, error: { message: "no" } }, "cancelled"],
    ["moves it on", { state: "fetched" }, "cancelled"],
  ])("P21 a holder who was asked to stop and %s leaves it %3$s", (_, set, state) => {
    const next = after(heldJob({ cancelRequested: true }), set);

    expect(next).toMatchObject({ state, finishedAt: NOW });
    expect(next).not.toHaveProperty("cancelRequested");
    expect(next).not.toHaveProperty("lease");
  });

  it("P21 a request to stop does not outlive a retry", () => {
    const cancelled = after(heldJob({ cancelRequested: true }), { state: "waiting" });

    expect(after(cancelled, { state: "waiting" })).not.toHaveProperty("cancelRequested");
  });
});

describe("decide: events", () => {
  it("P16 P22 records the failed attempt, the move and the user's event, in this order", () => {
    const error = { message: "no", attempt: 1 };
    const { events } = applied(heldJob(), change({ token: 7 }, { state: "waiting", error }, { event: { n: 1 } }));

    expect(events).toEqual([
      { id: "default:1", at: NOW, kind: "failed", error },
      { id: "default:1", at: NOW, kind: "moved", from: "active", to: "waiting", holder: "a" },
      { id: "default:1", at: NOW, kind: "user", data: { n: 1 } },
    ]);
  });

  it("P22 records no move when the state stays", () => {
    expect(decide(jobOf(), change({ version: 1 }, { state: "waiting", priority: 1 }), NOW)).toMatchObject({
      events: [],
    });
  });

  it("P22 records where a job that was to stop really went", () => {
    const { events } = applied(heldJob({ cancelRequested: true }), change({ token: 7 }, { state: "waiting" }));

    expect(events).toMatchObject([{ kind: "moved", from: "active", to: "cancelled" }]);
  });
});
