import { memory } from "@anyqueue/adapter-memory";
import type { NewJob } from "@anyqueue/api";
import { expect, it } from "vitest";
import { decorate } from "../../src/decorate.ts";
import type { Call } from "../../src/history/call.ts";
import { describeCall, describeCalls } from "../../src/history/describe-call.ts";
import { record } from "../../src/history/record.ts";
import { SECOND, T0 } from "../../src/time.ts";
import { failed, NEW, poll } from "./told.ts";

it("tells each call of each verb in one line", async () => {
  const calls: Call[] = [];
  const adapter = record(memory(), "a", calls);
  const second: NewJob = { ...NEW, id: "main:2", priority: 9, payload: { a: [1, "x"] }, delayMs: 5 * SECOND };
  const now = T0 + 1.5 * SECOND;
  await adapter.open();
  await adapter.insert([NEW, second], { now: T0 });
  await adapter.insert([NEW], { now: T0, maybeStored: true, allOrNone: true });
  await adapter.poll({ lanes: ["main"], limit: 2, lease: { ms: 30 * SECOND, holder: "bob" }, now });
  await adapter.cas([{ id: "main:1", expect: { token: 1 }, set: { leaseMs: 60 * SECOND } }], { now });
  await adapter.cas([{ id: "main:1", expect: { token: 7 }, set: { state: "completed", result: { n: 1 } } }], { now });
  await adapter.append([{ id: "main:1", event: { s: 1 } }], { now });
  await adapter.get(["main:1", "main:9"]);
  await adapter.list({ limit: 10, states: ["waiting"] });
  await adapter.events({ limit: 5 });
  await adapter.lanes({ now });
  await adapter.configure("main", { paused: true });
  await adapter.poll({ limit: 0, expired: 5, lease: { ms: 5 * SECOND, holder: "r" }, now: T0 + 100 * SECOND });
  await adapter.remove({ ids: ["main:2"] });
  await adapter.events({ limit: 3, after: "nonsense" }).catch(() => {});
  await adapter.close();
  expect(describeCalls(calls)).toMatchInlineSnapshot(`
    [
      "a: open → done",
      "a: insert main:1, main:2 {payload: {a: [1, "x"]}, priority: 9, due in 5 s} at +0 s → all 2 added",
      "a: insert main:1 all or none maybe stored at +0 s → existing main:1 (by id; waiting, payload null, version 1)",
      "a: poll main, limit 2, lease 30 s as "bob" at +1.5 s → [main:1 (token 1)], next due +5 s",
      "a: cas main:1 {token: 1} lease 60 s at +1.5 s → ok (version 2)",
      "a: cas main:1 {token: 7} completed, {result: {n: 1}} at +1.5 s → stale (active, token 1, version 2)",
      "a: append main:1 {s: 1} at +1.5 s → ok",
      "a: get main:1, main:9 → main:1 (active, token 1 of "bob", version 2), null",
      "a: list states waiting, limit 10 → []",
      "a: events limit 5 → [main:1 {s: 1}]",
      "a: lanes at +1.5 s → main {delayed: 1, active: 1}",
      "a: configure main {paused: true} → done",
      "a: poll every lane, limit 0, expired 5, lease 5 s as "r" at +100 s → [], expired [main:1 (token 2)], next due +105 s",
      "a: remove main:2 → 1",
      "a: events after the last, limit 3 → threw INVALID: \`after\` is not a cursor of \`events\`. Pass on the \`after\` of the page before, or leave it out to begin anew.",
      "a: close → done",
    ]
  `);
});

it("tells of calls that failed, and of those without an answer", () => {
  const call = poll([0, null], "ann", []);
  expect(describeCall(call)).toMatch(/ → no answer$/);
  expect(describeCall(failed({ ...call, end: 1 }))).toMatch(/ → threw UNAVAILABLE: the connection was lost$/);
});

it("cuts what is long", () => {
  const jobs = Array.from({ length: 100 }, (_, i) => ({ ...NEW, id: `main:${i}`, payload: "x".repeat(500) }));
  const call: Call = {
    client: "a",
    verb: "insert",
    request: [jobs],
    begin: 0,
    end: 1,
    answer: jobs.map(({ id }) => ({ status: "added", id })),
  };
  const line = describeCall(call);
  expect(line).toContain("main:7");
  expect(line).toMatch(/… 92 more → all 100 added$/);
});

it("does what the adapter does at once, so that a call in a transaction has been made when it returns", () => {
  const made: string[] = [];
  const insert = async () => {
    made.push("insert");
    return [];
  };
  const adapter = record(decorate(memory(), { insert }), "a", []);
  void adapter.insert([]);
  expect(made).toEqual(["insert"]);
});
