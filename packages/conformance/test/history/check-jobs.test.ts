import { decide, type Job } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import type { Call } from "../../src/history/call.ts";
import { checkJobs } from "../../src/history/check-jobs.ts";
import { Counterexample } from "../../src/history/counterexample.ts";
import { T0 } from "../../src/time.ts";
import { cas, complete, failed, FRESH, get, insert, leased, NEW, poll, remove, removeMany, rescued } from "./told.ts";

const LATER = T0 + 5000;
const held = leased(1, "ann");
const done = completed(held);
const ok = { status: "ok", version: 3 } as const;
const stale = { status: "stale", state: "completed", token: 1, version: 3 } as const;
const taken = rescued(2, "rescuer", held, LATER);

describe("the history of a job", () => {
  const good: readonly [string, readonly Call[]][] = [
    [
      "is added, leased and completed",
      [insert([0, 1], "added"), poll([2, 3], "ann", [held]), complete([4, 5], 1, ok), get([6, 7], done)],
    ],
    [
      "is completed twice at once, and one comes too late",
      [insert([0, 1], "added"), poll([2, 3], "ann", [held]), complete([4, 8], 1, stale), complete([5, 9], 1, ok)],
    ],
    [
      "is found by a poll that began before its insertion had ended",
      [insert([0, 9], "added"), poll([1, 2], "ann", [held])],
    ],
    ["is added once of two times", [insert([0, 5], FRESH), insert([1, 6], "added")]],
    ["is there although its insertion failed", [failed(insert([0, 1], "added")), get([2, 3], FRESH)]],
    ["is not there, since its insertion failed", [failed(insert([0, 1], "added")), get([2, 3], null)]],
    [
      "is there some time after its insertion failed",
      [failed(insert([0, 1], "added")), get([2, 3], null), get([4, 5], FRESH)],
    ],
    [
      "is leased by a poll whose answer was lost",
      [insert([0, 1], "added"), poll([2, null], "dead", []), get([4, 5], leased(7, "dead"))],
    ],
    [
      "is taken over from one whose token nobody heard of",
      [
        insert([0, 1], "added"),
        poll([2, null], "dead", []),
        poll([4, 5], "rescuer", [], [rescued(8, "rescuer", leased(7, "dead"), LATER)], LATER),
      ],
    ],
    [
      "is completed by a call whose answer was lost, so that it is stale the next time",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        failed(complete([4, 5], 1, ok)),
        complete([6, 7], 1, stale),
      ],
    ],
    [
      "is taken over once its lease has ended",
      [insert([0, 1], "added"), poll([2, 3], "ann", [held]), poll([4, 5], "rescuer", [], [taken], LATER)],
    ],
    [
      "is removed, and added again",
      [insert([0, 1], "added"), remove([2, 3], 1), get([4, 5], null), insert([6, 7], "added")],
    ],
    [
      "is removed by one while another one, who asks for more, finds another job to remove",
      [insert([0, 5], "added"), removeMany([0, 5], 1), get([6, 7], null)],
    ],
  ];
  it.for(good)("is explained where it %s", ([, calls]) => {
    expect(checkJobs(calls)).toBe(0);
  });

  const bad: readonly [string, readonly Call[]][] = [
    [
      "is leased to two",
      [insert([0, 1], "added"), poll([2, 5], "ann", [held]), poll([3, 6], "bob", [leased(2, "bob")])],
    ],
    ["is leased before it was added", [poll([0, 1], "ann", [held]), insert([2, 3], "added")]],
    ["is leased and was never added", [failed(insert([5, 6], "added")), poll([0, 1], "ann", [held])]],
    ["is gone though nobody removed it", [insert([0, 1], "added"), get([2, 3], null)]],
    ["is there again after its removal", [insert([0, 1], "added"), remove([2, 3], 1), get([4, 5], FRESH)]],
    ["is removed by two", [insert([0, 1], "added"), remove([2, 5], 1), remove([3, 6], 1)]],
    ["is added twice", [insert([0, 5], "added"), insert([1, 6], "added")]],
    ["exists for one who adds it before anybody did", [insert([0, 1], FRESH), insert([2, 3], "added")]],
    [
      "is completed twice",
      [insert([0, 1], "added"), poll([2, 3], "ann", [held]), complete([4, 8], 1, ok), complete([5, 9], 1, ok)],
    ],
    [
      "is completed, and then is not",
      [insert([0, 1], "added"), poll([2, 3], "ann", [held]), complete([4, 5], 1, ok), get([6, 7], held)],
    ],
    [
      "is completed by one who was told that the call failed, and then is not",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        failed(complete([4, 5], 1, ok)),
        get([6, 7], done),
        get([8, 9], held),
      ],
    ],
    [
      "is completed by one whose lease was taken over",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        poll([4, 5], "rescuer", [], [taken], LATER),
        complete([6, 7], 1, { status: "ok", version: 4 }, LATER),
      ],
    ],
    [
      "is taken over while its lease lives",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        poll([4, 5], "rescuer", [], [rescued(2, "rescuer", held, T0)], T0),
      ],
    ],
    [
      "is taken over by two",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        poll([4, 7], "one", [], [rescued(2, "one", held, LATER)], LATER),
        poll([5, 8], "two", [], [rescued(3, "two", held, LATER)], LATER),
      ],
    ],
    ["is charged two attempts for one", [insert([0, 1], "added"), poll([2, 3], "ann", [{ ...held, attempt: 2 }])]],
    [
      "is given a token that it had",
      [
        insert([0, 1], "added"),
        poll([2, 3], "ann", [held]),
        poll([4, 5], "rescuer", [], [rescued(1, "rescuer", held, LATER)], LATER),
      ],
    ],
    ["loses its payload", [insert([0, 1], "added"), get([2, 3], { ...FRESH, payload: 7 })]],
    ["is changed by two who saw the same version", [insert([0, 1], "added"), first(2, 5), first(3, 6)]],
    ["keeps nothing of a change that was made", [insert([0, 1], "added"), first(2, 3), get([4, 5], FRESH)]],
  ];
  it.for(bad)("is not explained where it %s", ([, calls]) => {
    expect(() => checkJobs(calls)).toThrow(Counterexample);
  });

  it("is judged among a dozen polls and changes that nobody heard the answers of", () => {
    const lost = Array.from({ length: 12 }, (_, i) => [
      failed(poll([10 + i, 11 + i], `dead${i}`, [])),
      failed(cas([10 + i, 11 + i], { expect: { state: ["waiting", "active"] }, set: { progress: i } }, ok)),
    ]).flat();
    const calls = [insert([0, 1], "added"), ...lost];
    expect(checkJobs([...calls, get([50, 51], FRESH)])).toBe(0);
    expect(() => checkJobs([...calls, get([50, 51], null)])).toThrow(Counterexample);
  });

  it("is counted where it takes too long to judge", () => {
    expect(checkJobs([insert([0, 1], "added"), get([2, 3], FRESH)], -1)).toBe(1);
  });

  it("is told as far as it takes, each call a line, with a mark at those that ran at the same time", () => {
    const calls = [
      insert([0, 1], "added"),
      get([2, 3], FRESH),
      poll([4, 9], "ann", [held]),
      poll([5, 8], "bob", [leased(2, "bob")]),
      complete([10, 11], 1, ok),
    ];
    expect(history(() => checkJobs(calls))).toEqual([
      "  a: insert main:1 maybe stored at +0 s → added",
      '∥ a: poll main, limit 1, expired 1, lease 1 s as "ann" at +0 s → [main:1 (token 1)]',
      '∥ a: poll main, limit 1, expired 1, lease 1 s as "bob" at +0 s → [main:1 (token 2)]',
    ]);
  });
});

function first(begin: number, end: number): Call {
  const change = { expect: { version: 1 }, set: { priority: begin } };
  return cas([begin, end], change, { status: "ok", version: 2 });
}

function completed(job: Job): Job {
  const { job: after } = decide(job, { id: NEW.id, expect: { token: job.token }, set: { state: "completed" } }, T0);
  return after ?? job;
}

function history(check: () => unknown): readonly string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof Counterexample) return error.history;
    throw error;
  }
  return [];
}
