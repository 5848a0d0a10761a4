import {
  afterDuplicate,
  afterFailure,
  afterHandBack,
  afterLeaseEnd,
  type BackoffFunction,
  RetryAfterError,
  UnrecoverableError,
} from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.ts";
import { heldJob } from "../support/jobs.ts";

const policy = { random: () => 0 };

/** What a class of another copy of the package looks like. */
function foreign(name: string, fields: object = {}): Error {
  return Object.assign(new Error("foreign"), { name }, fields);
}

describe("afterFailure", () => {
  it("P16 sends a job back to wait for its backoff, with its error", () => {
    const job = heldJob({ attempt: 2, backoff: { type: "linear", delayMs: 100 } });

    const { expect: expected, set } = afterFailure(job, new Error("no"), 50, policy);

    expect(expected).toEqual({ token: 7 });
    expect(set).toMatchObject({ state: "waiting", delayMs: 200, error: { message: "no", attempt: 2, at: 50 } });
  });

  it("P16 fails a job whose attempts are used up", () => {
    expect(afterFailure(heldJob({ attempt: 3, maxAttempts: 3 }), "no", 50).set).toMatchObject({
      state: "failed",
      error: { message: "no", attempt: 3 },
    });
    expect(afterFailure(heldJob({ attempt: 4, maxAttempts: 3 }), "no", 50).set.state).toBe("failed");
  });

  it("fails a job at once when trying again is of no use", () => {
    expect(afterFailure(heldJob(), new UnrecoverableError("gone"), 50).set).toMatchObject({
      state: "failed",
      error: { message: "gone" },
    });
    expect(afterFailure(heldJob(), foreign("UnrecoverableError"), 50).set.state).toBe("failed");
  });

  it("waits as long as a RetryAfterError says, while attempts are left", () => {
    expect(afterFailure(heldJob(), new RetryAfterError("5m"), 50).set).toMatchObject({
      state: "waiting",
      delayMs: 300_000,
    });
    expect(afterFailure(heldJob(), foreign("RetryAfterError", { delayMs: 5 }), 50).set.delayMs).toBe(5);
    expect(afterFailure(heldJob({ attempt: 3 }), new RetryAfterError("5m"), 50).set.state).toBe("failed");
    expect(errorOf(() => new RetryAfterError("soon")).code).toBe("INVALID");
  });

  it("P11 sends a job back to the state it was polled from", () => {
    const lease = { token: 7, until: 1000, holder: "a", from: "fetched" };

    expect(afterFailure(heldJob({ state: "parsing", lease }), "no", 50).set.state).toBe("fetched");
    expect(afterHandBack(heldJob({ state: "parsing", lease })).set.state).toBe("fetched");
    expect(afterLeaseEnd(heldJob({ state: "parsing", lease }), 50).set.state).toBe("fetched");
  });

  it("P21 cancels a job that was asked to stop, and keeps the error", () => {
    const job = heldJob({ cancelRequested: true, attempt: 3 });

    expect(afterFailure(job, "no", 50).set).toMatchObject({ state: "cancelled", error: { message: "no" } });
    expect(afterLeaseEnd(job, 50).set).toEqual({ state: "cancelled" });
  });

  it.each<[string, BackoffFunction, number]>([
    ["its answer counts", () => 77, 77],
    ["a fraction is rounded", () => 7.6, 8],
    ["less than nothing is nothing", () => -5, 0],
    ["what no store could count is bounded", () => 1e300, 100 * 365 * 86_400_000],
    ["undefined leaves it to the job", () => undefined, 1000],
    ["NaN leaves it to the job", () => Number.NaN, 1000],
    ["infinity leaves it to the job", () => Infinity, 1000],
    [
      "an error of its own leaves it to the job",
      () => {
        throw new Error("slip");
      },
      1000,
    ],
  ])("asks the user's own backoff: %s", (_, backoff, delayMs) => {
    expect(afterFailure(heldJob(), "no", 50, { ...policy, backoff }).set.delayMs).toBe(delayMs);
  });
});

describe("afterLeaseEnd", () => {
  it("P15 counts the attempt like any that failed", () => {
    expect(afterLeaseEnd(heldJob({ attempt: 2 }), 50, policy).set).toEqual({
      state: "waiting",
      delayMs: 2000,
      error: {
        code: "LEASE_ENDED",
        message: "The lease of attempt 2 ended before it was settled.",
        attempt: 2,
        at: 50,
      },
    });
    expect(afterLeaseEnd(heldJob({ attempt: 3 }), 50).set.state).toBe("failed");
  });
});

describe("afterHandBack", () => {
  it("P13 takes the attempt back and leaves the job in its place, unless a delay is given", () => {
    expect(afterHandBack(heldJob({ attempt: 2 }))).toEqual({
      expect: { token: 7 },
      set: { state: "waiting", attempt: 1 },
    });
    expect(afterHandBack(heldJob({ attempt: 0 }), 5).set).toEqual({ state: "waiting", attempt: 0, delayMs: 5 });
  });
});

describe("afterDuplicate", () => {
  it("P17 lets a job go back as it would have, without the key that another one has by now", () => {
    for (const settlement of [
      afterFailure(heldJob(), new Error("no"), 50, policy),
      afterLeaseEnd(heldJob(), 50),
      afterHandBack(heldJob(), 500),
    ]) {
      expect(afterDuplicate(settlement)).toEqual({ ...settlement, set: { ...settlement.set, unique: null } });
    }
  });
});
