import { advance, freshJob, takeOver } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { heldJob, jobOf } from "../support/jobs.ts";

const input = {
  id: "default:1",
  lane: "default",
  type: "a",
  payload: 1,
  state: "waiting",
  priority: 1,
  maxAttempts: 3,
};

describe("freshJob", () => {
  it("P8 is due when it says, after its delay, or at once", () => {
    expect(freshJob({ ...input, runAt: 5 }, 100)).toMatchObject({
      runAt: 5,
      insertedAt: 100,
      updatedAt: 100,
      version: 1,
      attempt: 0,
      token: 0,
    });
    expect(freshJob({ ...input, delayMs: 5 }, 100).runAt).toBe(105);
    expect(freshJob(input, 100).runAt).toBe(100);
    expect(freshJob({ ...input, runAt: 0 }, 100).runAt).toBe(0);
  });

  it("P2 has no field that was not given, and all that were", () => {
    const extra = { progress: false, group: "g", timeoutMs: 5, backoff: { type: "fixed", delayMs: 1 } as const };

    expect(Object.values(freshJob(input, 1))).not.toContain(undefined);
    expect(freshJob({ ...input, delayMs: 3, ...extra }, 1)).toMatchObject(extra);
    expect(freshJob({ ...input, delayMs: 3 }, 1)).not.toHaveProperty("delayMs");
    expect(freshJob({ ...input, payload: null, progress: null }, 1)).toMatchObject({ payload: null, progress: null });
  });
});

describe("advance", () => {
  it("P6 leases a job and charges an attempt", () => {
    expect(
      advance(jobOf({ attempt: 1, runAt: 5 }), { to: "active", now: 100, lease: { token: 9, ms: 50, holder: "b" } }),
    ).toEqual(
      jobOf({
        state: "active",
        attempt: 2,
        runAt: 5,
        token: 9,
        version: 2,
        updatedAt: 100,
        lease: { token: 9, until: 150, holder: "b", from: "waiting" },
      }),
    );
  });

  it("P11 moves on without a lease, starts counting attempts again, and ends where the state is final", () => {
    expect(advance(jobOf({ attempt: 2 }), { to: "fetched", now: 100 })).toMatchObject({
      state: "fetched",
      attempt: 0,
      version: 2,
    });
    expect(advance(jobOf({ attempt: 2 }), { to: "completed", now: 100 })).toMatchObject({
      state: "completed",
      attempt: 2,
      finishedAt: 100,
    });
  });
});

describe("takeOver", () => {
  it("P15 gives the rescuer a new token and lease, and leaves state, attempt and origin", () => {
    const lost = heldJob({
      attempt: 2,
      lease: { token: 7, until: 50, holder: "a", from: "fetched" },
      cancelRequested: true,
    });

    expect(takeOver(lost, { token: 8, ms: 10, holder: "r" }, 100)).toEqual({
      ...lost,
      token: 8,
      version: 3,
      updatedAt: 100,
      lease: { token: 8, until: 110, holder: "r", from: "fetched" },
    });
  });
});
