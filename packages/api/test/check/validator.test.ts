import {
  AtSchema,
  ChangeSchema,
  EventsSchema,
  JobInputSchema,
  LaneName,
  LaneSettingsSchema,
  MAX_BATCH,
  PollSchema,
  RemoveSchema,
} from "@anyqueue/api";
import { type TSchema, Type } from "typebox";
import { describe, expect, it } from "vitest";
import { nearest, suggest } from "../../src/check/nearest.ts";
import { show, validator } from "../../src/check/validator.ts";
import { errorOf } from "../support/errors.ts";

const sentence = (schema: TSchema, value: unknown): string =>
  errorOf(() => validator(schema)(value, "Cannot do it")).message;
const job = { type: "mail.send", payload: null };
const poll = { limit: 1 };

describe("validator", () => {
  it.each<[string, TSchema, unknown, string]>([
    [
      "a misspelt option",
      JobInputSchema,
      { ...job, priorty: 1 },
      "`priorty` is not an option. Did you mean `priority`?",
    ],
    ["an option of nothing like it", AtSchema, { zebra: 1 }, "Known are now, tx, allOrNone, maybeStored."],
    [
      "a nested option",
      JobInputSchema,
      { ...job, backoff: { type: "fixed", delay: 1 } },
      "`backoff.delay` is not an option. Did you mean `delayMs`?",
    ],
    [
      "an option within a union",
      PollSchema,
      { ...poll, lanes: ["a", { lane: "b", limits: 1 }] },
      "`lanes.1.limits` is not an option. Did you mean `limit`?",
    ],
    [
      "an option beside null",
      LaneSettingsSchema,
      { keep: { complete: 1 } },
      "`keep.complete` is not an option. Did you mean `completed`?",
    ],
    ["something missing", JobInputSchema, { payload: 1 }, "`type` is missing; it must be a job type"],
    [
      "something missing within a union",
      LaneSettingsSchema,
      { rate: { limit: 1 } },
      "`rate.periodMs` is missing; it must be a whole number",
    ],
    [
      "a negative number",
      JobInputSchema,
      { ...job, priority: -1 },
      "`priority` must be a whole number from 0 to 4294967295",
    ],
    ["a fraction", JobInputSchema, { ...job, priority: 1.5 }, "not 1.5."],
    ["a number beyond the range", JobInputSchema, { ...job, priority: 2 ** 32 }, "not 4294967296."],
    ["a misspelt priority", JobInputSchema, { ...job, priority: "hihg" }, "urgent, high, normal, low"],
    ["no attempt at all", JobInputSchema, { ...job, maxAttempts: 0 }, "`maxAttempts` must be a whole number from 1"],
    [
      "NaN",
      JobInputSchema,
      { ...job, runAt: Number.NaN },
      "`runAt` must be a time in milliseconds since 1970, not NaN.",
    ],
    [
      "text for a number",
      JobInputSchema,
      { ...job, delayMs: "5m" },
      '`delayMs` must be a whole number of milliseconds, 0 or more, not "5m".',
    ],
    [
      "too much jitter",
      JobInputSchema,
      { ...job, backoff: { type: "fixed", delayMs: 1, jitter: 2 } },
      "`backoff.jitter` must be a number from 0 to 1",
    ],
    ["a limit beyond a batch", PollSchema, { limit: MAX_BATCH + 1 }, "`limit` must be a whole number from 0 to 10000"],
    [
      "a share below 0",
      PollSchema,
      { ...poll, lanes: [{ lane: "a", limit: -1 }] },
      "`lanes.0.limit` must be a whole number",
    ],
    [
      "a lane with a blank",
      PollSchema,
      { ...poll, lanes: ["a b"] },
      "`lanes.0` must be a lane's name, or { lane, limit }",
    ],
    ["a lease of nothing", PollSchema, { ...poll, lease: { ms: 0, holder: "a" } }, "`lease.ms` must be"],
    [
      "a state that cannot be removed",
      RemoveSchema,
      { states: ["waiting"], olderThanMs: 0, limit: 1 },
      "only finished jobs are removed by age",
    ],
    [
      "cancel: false",
      ChangeSchema,
      { id: "a:1", expect: {}, set: { cancel: false } },
      "`set.cancel` must be true, not false.",
    ],
    [
      "an id without a lane",
      ChangeSchema,
      { id: "1", expect: {}, set: {} },
      "`id` must be a job's id, `<lane>:<local id>`",
    ],
    ["a kind that is none", EventsSchema, { kinds: ["users"], limit: 1 }, '"inserted", "moved", "failed", "user"'],
    ["a keep below 0", LaneSettingsSchema, { keep: { failed: -1 } }, "`keep.failed` must be milliseconds, or false"],
    ["no object", JobInputSchema, null, "not null."],
  ])("says what to do about %s", (_, schema, value, part) => {
    const message = sentence(schema, value);

    expect(message).toMatch(/^Cannot do it: /);
    expect(message).toContain(part);
  });

  it("does not call a field unknown that another alternative of a union has", () => {
    const schema = Type.Union([
      Type.Object({ a: Type.Number() }, { additionalProperties: false }),
      Type.Object({ b: Type.Number({ description: "a number" }) }, { additionalProperties: false }),
    ]);

    expect(sentence(schema, { b: "x" })).not.toContain("not an option");
  });

  it("takes fields that are present but undefined as absent", () => {
    expect(() => validator(JobInputSchema)({ ...job, group: undefined, lane: undefined }, "")).not.toThrow();
  });

  it.each(["😀.mail", "Überweisung", "a b", "%_*", "日本語", "x".repeat(255), "😀".repeat(255)])(
    "takes %s as a type",
    (type) => {
      expect(() => validator(JobInputSchema)({ ...job, type }, "")).not.toThrow();
    },
  );

  it.each(["", "a\nb", "a\n", "\0", "a\u007f", "a\u009b31m", "a\ud83d", "x".repeat(256), 7, null])(
    "refuses %j as a type",
    (type) => {
      expect(sentence(JobInputSchema, { ...job, type })).toContain("`type` must be");
    },
  );

  it.each(["a", "$system", "A-b_c.9", "x".repeat(100), `$${"x".repeat(99)}`])("takes %s as a lane", (lane) => {
    expect(() => validator(LaneName)(lane, "")).not.toThrow();
  });

  it.each(["", "a b", "a:b", "ä", "a/b", "x".repeat(101), `$${"x".repeat(100)}`, "a\n", "$", "a$"])(
    "refuses %j as a lane",
    (lane) => {
      expect(sentence(LaneName, lane)).toContain("a lane's name");
    },
  );
});

describe("show", () => {
  it.each([
    ["text", "a", '"a"'],
    ["a function", () => 1, "a function"],
    ["a bigint", 1n, "1"],
    ["undefined", undefined, "undefined"],
    ["NaN", Number.NaN, "NaN"],
    ["an object", { a: 1 }, '{"a":1}'],
  ])("pictures %s", (_, value, picture) => {
    expect(show(value)).toBe(picture);
  });

  it("leaves the passwords of URLs out", () => {
    expect(show("postgres://me:s3cr:t@h@db/jobs")).toBe('"postgres://me:…@db/jobs"');
    expect(show({ a: "redis://:s3cret@cache", b: "http://me@host:80/" })).toBe(
      '{"a":"redis://:…@cache","b":"http://me@host:80/"}',
    );
  });

  it("pictures a cycle, and cuts what is long", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);

    expect(show(cycle)).toBe("an object that contains itself");
    expect(show("x".repeat(1000)).length).toBeLessThanOrEqual(60);
  });
});

describe("suggest", () => {
  it("names the nearest, whatever its case, else all there are", () => {
    expect(nearest("PRIORITY", ["priority", "lane"])).toBe("priority");
    expect(nearest("zebra", ["priority", "lane"])).toBeUndefined();
    expect(nearest("x", [])).toBeUndefined();
    expect(suggest("zebra", ["priority", "lane"])).toBe("Known are priority, lane.");
  });
});
