import type { Job } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import type { Call } from "../../src/history/call.ts";
import { checkTotals } from "../../src/history/check-totals.ts";
import { T0 } from "../../src/time.ts";
import { complete, failed, FRESH, insert, leased, NEW, poll, remove, rescued } from "./told.ts";

const held = leased(1, "ann");
const taken = rescued(2, "rescuer", held, T0 + 5000);
const done: Job = { ...taken, state: "completed", finishedAt: T0 };
const run: readonly Call[] = [insert([0, 1], "added"), poll([2, 3], "ann", [held])];

describe("what a history comes to", () => {
  it("counts what was acknowledged, how often it ran, and whose lease ended", () => {
    const again = leased(3, "bob", FRESH, T0 + 6000);
    const calls = [...run, poll([4, 5], "rescuer", [], [taken], T0 + 5000), poll([6, 7], "bob", [again])];
    expect(checkTotals(calls, [done])).toEqual({
      calls: 4,
      acknowledged: 1,
      unheard: 0,
      runs: 2,
      again: 1,
      takenOver: 1,
    });
  });

  it("takes a job that was added by a call that failed, and one that was not", () => {
    const calls = [failed(insert([0, 1], "added"))];
    expect(checkTotals(calls, [done])).toMatchObject({ acknowledged: 0, unheard: 1 });
    expect(checkTotals(calls, [])).toMatchObject({ acknowledged: 0, unheard: 0 });
  });

  it("takes a job that was removed, or may have been", () => {
    expect(checkTotals([...run, remove([4, 5], 1)], [])).toMatchObject({ acknowledged: 1 });
    expect(checkTotals([...run, failed(remove([4, 5], 1))], [])).toMatchObject({ acknowledged: 1 });
  });

  it("takes a job that has not ended, if a call that nobody heard of may have brought it back", () => {
    const retry = failed(complete([4, 5], 1, { status: "ok", version: 3 }));
    expect(checkTotals([...run, retry], [held])).toMatchObject({ acknowledged: 1 });
  });

  const wrong: readonly [string, readonly Call[], readonly Job[]][] = [
    [`${NEW.id} was acknowledged and is lost.`, run, []],
    [`${NEW.id} is stored twice.`, run, [done, done]],
    [`main:7 is stored, and nobody added it.`, run, [done, { ...done, id: "main:7" }]],
    [`${NEW.id} is active in the end: all that was due was completed, and it was not among that.`, run, [held]],
  ];
  it.for(wrong)("complains: %s", ([message, calls, stored]) => {
    expect(() => checkTotals(calls, stored)).toThrow(message);
  });
});
