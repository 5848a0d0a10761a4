import { countedState, isListed, type JobQuery, shownState } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { jobOf } from "../support/jobs.ts";

describe("shownState", () => {
  it("P8 shows a waiting job that is not due as `delayed`, and nothing else", () => {
    expect(shownState(jobOf({ runAt: 6 }), 5)).toBe("delayed");
    expect(shownState(jobOf({ runAt: 5 }), 5)).toBe("waiting");
    expect(shownState(jobOf({ state: "fetched", runAt: 6 }), 5)).toBe("fetched");
  });
});

describe("countedState", () => {
  const lease = { token: 1, until: 9, holder: "ann", from: "waiting" };

  it("P19 counts a waiting job that somebody holds as `waiting`, though lists show it as `delayed`", () => {
    const held = jobOf({ runAt: 6, lease });
    expect([countedState(held, 5), shownState(held, 5)]).toEqual(["waiting", "delayed"]);
    expect(countedState(jobOf({ runAt: 6 }), 5)).toBe("delayed");
    expect(countedState(jobOf({ runAt: 5 }), 5)).toBe("waiting");
  });
});

describe("isListed", () => {
  const job = jobOf({ lane: "a", type: "mail.send", group: "g", runAt: 9 });

  it.each<[Omit<JobQuery, "limit">, boolean]>([
    [{}, true],
    [{ lanes: ["b", "a"], states: ["delayed"], types: ["mail.*"], group: "g", where: { runAt: { eq: 9 } } }, true],
    [{ lanes: ["b"] }, false],
    [{ states: ["waiting"] }, false],
    [{ types: ["send"] }, false],
    [{ group: "h" }, false],
    [{ where: { runAt: { eq: 8 } } }, false],
    [{ order: "finished" }, false],
  ])("P7 goes by everything that is asked: %j", (query, isShown) => {
    expect(isListed(job, { ...query, limit: 1 }, 5)).toBe(isShown);
  });

  it("P7 lists in the order of finishing what has finished", () => {
    expect(isListed(jobOf({ state: "failed", finishedAt: 1 }), { order: "finished", limit: 1 }, 5)).toBe(true);
  });
});
