import { holdsKey, type Job, takesKeyAgain, type Unique } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { heldJob, jobOf } from "../support/jobs.ts";

const lease = { token: 7, until: 1000, holder: "a", from: "waiting" };
const key = (until: Unique["until"]): Pick<Job, "unique"> => ({ unique: { key: "k", until } });

describe("holdsKey", () => {
  it("P17 is false for a job without a unique key", () => {
    expect(holdsKey(jobOf(), 0)).toBe(false);
  });

  it.each<[string, Unique["until"], Partial<Job>, number, boolean]>([
    ["a waiting job holds it until started", "started", {}, 0, true],
    ["so does a blocked one", "started", { state: "blocked" }, 0, true],
    ["and one in a state of the user's own", "started", { state: "fetched" }, 0, true],
    ["one that is leased does not", "started", { state: "active", lease }, 0, false],
    ["nor does one whose lease has ended, until it is settled", "started", { state: "active", lease }, 5000, false],
    ["one that waits for its second attempt does again", "started", { attempt: 1 }, 0, true],
    ["one that failed does not", "started", { state: "failed" }, 0, false],
    ["a waiting job holds it until finished", "finished", {}, 0, true],
    ["so does one that is being worked on", "finished", { state: "active", lease }, 0, true],
    ["one that has completed does not", "finished", { state: "completed" }, 0, false],
    ["one that was cancelled does not", "finished", { state: "cancelled" }, 0, false],
    ["a window holds from the insertion", { windowMs: 100 }, { insertedAt: 50 }, 50, true],
    ["whatever becomes of the job", { windowMs: 100 }, { insertedAt: 50, state: "completed" }, 149, true],
    ["to its end, which is not part of it", { windowMs: 100 }, { insertedAt: 50 }, 150, false],
  ])("P17 %s", (_, until, fields, now, holds) => {
    expect(holdsKey(jobOf({ ...key(until), ...fields }), now)).toBe(holds);
  });
});

describe("takesKeyAgain", () => {
  it("P17 tells a job that comes back for its key: by retry, and for `started` by being given back", () => {
    const failed = jobOf({ ...key("finished"), state: "failed" });
    const held = heldJob(key("started"));

    expect(takesKeyAgain(failed, { ...failed, state: "waiting" }, 0)).toBe(true);
    expect(takesKeyAgain(held, jobOf(key("started")), 0)).toBe(true);
  });

  it("P17 is false for a job that has held it all the time, or does not come to hold it", () => {
    const held = heldJob(key("finished"));
    const within = jobOf({ ...key({ windowMs: 100 }), state: "failed" });

    expect(takesKeyAgain(held, jobOf(key("finished")), 0)).toBe(false);
    expect(takesKeyAgain(within, { ...within, state: "waiting" }, 99)).toBe(false);
    expect(takesKeyAgain(within, { ...within, state: "waiting" }, 100)).toBe(false);
    expect(takesKeyAgain(heldJob(key("started")), heldJob({ ...key("started"), state: "failed" }), 0)).toBe(false);
  });
});
