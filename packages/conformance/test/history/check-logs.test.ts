import type { AppendOutcome, JobEvent } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import type { Call } from "../../src/history/call.ts";
import { checkLogs } from "../../src/history/check-logs.ts";
import { T0 } from "../../src/time.ts";
import { cas, failed, NEW, remove } from "./told.ts";

const one = append([0, 1], "one", "ok");
const two = append([2, 3], "two", "ok");
const failure = cas(
  [4, 5],
  { expect: { token: 1 }, set: { state: "failed", error: { message: "broke" } } },
  { status: "ok", version: 3 },
);
const broke: JobEvent = { id: NEW.id, at: T0, kind: "failed", error: { message: "broke" } };

describe("the logs of a history", () => {
  const right: readonly [string, readonly Call[], readonly JobEvent[]][] = [
    ["hold all that was written, in order", [one, two, failure], [user("one"), user("two"), broke]],
    [
      "hold in any order what was written at the same time",
      [one, append([0, 9], "two", "ok")],
      [user("two"), user("one")],
    ],
    ["hold what was written by a call that failed", [failed(one)], [user("one")]],
    ["lack what was written by a call that failed", [failed(one)], []],
    ["lack what was refused", [append([0, 1], "one", "stale")], []],
    ["lack what belonged to a job that was removed", [one, remove([2, 3], 1)], []],
  ];
  it.for(right)("are right where they %s", ([, calls, events]) => {
    expect(() => checkLogs(calls, events)).not.toThrow();
  });

  const wrong: readonly [string, readonly Call[], readonly JobEvent[]][] = [
    ["has lost an event", [one, two], [user("one")]],
    ["has lost an event", [failure], []],
    ["has one event twice", [one], [user("one"), user("one")]],
    ["has an event that nobody wrote", [one], [user("one"), user("two")]],
    ["has an event that nobody wrote", [append([0, 1], "one", "stale")], [user("one")]],
    ["is out of order", [one, two], [user("two"), user("one")]],
  ];
  it.for(wrong)("are wrong: %s (%#)", ([message, calls, events]) => {
    expect(() => checkLogs(calls, events)).toThrow(message);
  });
});

function append([begin, end]: readonly [number, number], event: string, status: AppendOutcome["status"]): Call {
  return {
    client: "a",
    verb: "append",
    request: [[{ id: NEW.id, event }], { now: T0 }],
    begin,
    end,
    answer: [{ status }],
  };
}

function user(data: string): JobEvent {
  return { id: NEW.id, at: T0, kind: "user", data };
}
