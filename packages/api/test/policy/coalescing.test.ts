import { type Coalescing, coalesce, isOpen, type Json, mergeAll, mergePayloads } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/errors.ts";
import { heldJob, jobOf } from "../support/jobs.ts";

const merge: Coalescing = { on: "merge", merge: mergePayloads };
const replace: Coalescing = { on: "replace" };

describe("mergePayloads", () => {
  it.each<[string, Json, Json, Json]>([
    ["lists append, the stored one first", [1, 2], [2, 3], [1, 2, 2, 3]],
    ["objects take the new fields", { a: 1, b: 2 }, { b: 3, c: 4 }, { a: 1, b: 3, c: 4 }],
    ["with their lists appended", { ids: [1], at: 1 }, { ids: [2], at: 2 }, { ids: [1, 2], at: 2 }],
    [
      "and only theirs: what is deeper is the newer",
      { user: { id: 1 } },
      { user: { tags: [1] } },
      { user: { tags: [1] } },
    ],
    ["a field that is no list in both is the newer", { ids: [1] }, { ids: 2 }, { ids: 2 }],
    ["scalars are the newer", 1, "two", "two"],
    ["null is a value", { a: 1 }, null, null],
    ["a list and an object do not mix", [1], { a: 1 }, { a: 1 }],
  ])("P17 %s", (_, stored, added, merged) => {
    expect(mergePayloads(stored, added)).toEqual(merged);
  });

  it("P2 knows keys that every object has", () => {
    const stored = JSON.parse('{"__proto__":[1]}') as Json;

    const merged = mergePayloads(stored, JSON.parse('{"__proto__":[2],"toString":1}') as Json);

    expect(JSON.stringify(merged)).toBe('{"__proto__":[1,2],"toString":1}');
  });

  it("P17 comes to the same for many at once as one by one", () => {
    const fields = fc.dictionary(
      fc.constantFrom("a", "b", "__proto__"),
      fc.oneof(fc.integer(), fc.array(fc.integer())),
    );
    const values = fc.oneof(fc.integer(), fc.array(fc.integer()), fields) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(values, fc.array(values), (stored, added) => {
        const before = JSON.stringify([stored, added]);
        expect(JSON.stringify(mergeAll(stored, added))).toBe(JSON.stringify(added.reduce(mergePayloads, stored)));
        expect(JSON.stringify([stored, added])).toBe(before);
      }),
    );
  });

  it("P17 comes to the same for lists, however adds are gathered on their way", () => {
    const lists = fc.array(fc.integer());
    fc.assert(
      fc.property(lists, lists, lists, (a, b, c) => {
        const one = mergePayloads(mergePayloads({ ids: a }, { ids: b }), { ids: c });
        expect(one).toEqual(mergePayloads({ ids: a }, mergePayloads({ ids: b }, { ids: c })));
      }),
    );
  });
});

describe("coalesce", () => {
  it("P17 replaces the payload, and the priority and due time that are named: a debounce", () => {
    expect(coalesce(jobOf(), { payload: 2 }, replace)).toEqual({ payload: 2 });
    expect(coalesce(jobOf(), { payload: 2, priority: "high", delayMs: 500 }, replace)).toEqual({
      payload: 2,
      priority: 256,
      delayMs: 500,
    });
  });

  it("P17 lets the last of several adds decide, each about what it names", () => {
    const first = coalesce(jobOf(), { payload: 1, priority: 0, delayMs: 500 }, replace);

    expect(coalesce(jobOf(), { payload: 2, runAt: 9 }, replace, first)).toEqual({ payload: 2, priority: 0, runAt: 9 });
    expect(coalesce(jobOf(), { payload: 2 }, replace, first)).toEqual({ payload: 2, priority: 0, delayMs: 500 });
  });

  it("P17 merges into what is stored and into what earlier adds made of it, and leaves the rest as it is", () => {
    const first = coalesce(jobOf({ payload: [1] }), { payload: [2], priority: 0, runAt: 5 }, merge);

    expect(first).toEqual({ payload: [1, 2] });
    expect(coalesce(jobOf({ payload: [1] }), { payload: [3] }, merge, first)).toEqual({ payload: [1, 2, 3] });
  });

  it("P2 refuses what a merge function makes and no store can carry", () => {
    const broken: Coalescing = { on: "merge", merge: () => new Date() };

    expect(errorOf(() => coalesce(jobOf(), { payload: 1 }, broken)).message).toContain("the merged payload");
  });
});

describe("isOpen", () => {
  it("P17 is true until somebody works on the job or it has ended", () => {
    expect(isOpen(jobOf())).toBe(true);
    expect(isOpen(jobOf({ state: "blocked" }))).toBe(true);
    expect(isOpen(jobOf({ state: "fetched", attempt: 2 }))).toBe(true);
    expect(isOpen(heldJob())).toBe(false);
    expect(isOpen(jobOf({ state: "completed" }))).toBe(false);
  });
});
