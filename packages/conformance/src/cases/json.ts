import type { Json } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { present, same } from "../check.ts";
import { T0 } from "../time.ts";

/** Values that a store may stumble over, by what is hard about them. */
export const hostileValues: readonly (readonly [what: string, value: Json])[] = [
  ["null", null],
  ["false", false],
  ["true", true],
  ["zero", 0],
  ["an empty string", ""],
  ["an empty array", []],
  ["an empty object", {}],
  ["empty containers inside", { list: [], map: {}, deep: [[], [{}], { a: [] }] }],
  ["a nested null", { a: null, b: [null] }],
  ["numbers in strings", ["1", "1.0", "1e3", "true", "null"]],
  ["a large number", 1e21],
  ["a number in exponent form", [1e-7, 5e-324, 1.7976931348623157e308, 0.1 + 0.2]],
  ["the largest safe integers", [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, 2 ** 31]],
  ["a string that looks like a date", "2026-11-22T00:00:00.000Z"],
  ["unicode", "naïve ☃ 😀 漢字 \u202e \ufeff é é \uffff"],
  ["control characters", "\u0001\b\t\n\f\r\u001b\u007f\u0085\u2028\u2029"],
  ["a string that begins with a control character", "\u0001start"],
  ["quotes and backslashes", `' " \\ \\n \\u0041 '' "" \` $$ \${x} ?1 :a @b -- /* */ ;`],
  ["SQL", `'); DROP TABLE jobs; --`],
  [
    "keys that objects know",
    JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":null,"hasOwnProperty":2,"length":3}'),
  ],
  [
    "odd keys",
    { "": 1, " ": 2, "a.b": 3, 'a"b': 4, "a'b": 5, "$.a": 6, "[0]": 7, "😀": 8, "\n": 9, "0": 10, "-1": 11 },
  ],
  ["a key of every kind of value", { a: 1, b: "x", c: true, d: null, e: [1, [2, [3]]], f: { g: { h: {} } } }],
  ["deep nesting", nested(60)],
  ["a long string", "é😀x".repeat(20_000)],
  ["a long array", Array.from({ length: 5000 }, (_, i) => i)],
  ["an array that begins like an object", [{ 0: "a", length: 1 }]],
];

/** P2: a job comes back as it went in. */
export const json: readonly Case[] = [
  {
    promise: "P2",
    scenarios: ["S1", "S2", "S24", "S77"],
    title: "gives payloads back as they came, whichever verb reads them",
    async run(t) {
      for (const [what, payload] of hostileValues) {
        const id = await t.add({ payload });
        same((await t.read(id)).payload, payload, `\`get\` changed a payload: ${what}.`);
        const [polled] = await t.take();
        same(polled?.payload, payload, `\`poll\` changed a payload: ${what}.`);
        const { items } = await t.adapter.list({ states: ["active"], limit: 100, now: T0 });
        same(items.at(-1)?.payload, payload, `\`list\` changed a payload: ${what}.`);
      }
    },
  },
  {
    promise: "P2",
    scenarios: ["S84", "S119"],
    title: "gives results, progress and later payloads back as they came",
    async run(t) {
      for (const [what, value] of hostileValues) {
        const id = await t.add({ progress: value });
        same((await t.read(id)).progress, value, `Progress given at insertion changed: ${what}.`);
        const held = await t.claim();
        await t.apply({ id, expect: { token: held.token }, set: { progress: [value], payload: [value] } });
        const working = await t.read(id);
        same(
          [working.progress, working.payload],
          [[value], [value]],
          `Progress or payload set by cas changed: ${what}.`,
        );
        await t.complete(held, value);
        const done = await t.read(id);
        same(done.result, value, `A result changed: ${what}.`);
        same("result" in done, true, `A result is not there: ${what}.`);
      }
    },
  },
  {
    promise: "P2",
    title: "gives events back as they came",
    async run(t) {
      const id = await t.add();
      const values = hostileValues.map(([, value]) => value);
      await t.adapter.append(
        values.map((event) => ({ id, event })),
        { now: T0 },
      );
      await t.apply({ id, expect: { version: 1 }, set: { progress: 1 }, event: values });
      const items = await t.log({ id });
      same(
        items.map((event) => event.data),
        [...values, values],
        "A user event changed.",
      );
    },
  },
  {
    promise: "P2",
    scenarios: ["S2", "S12", "S79"],
    title: "adds to a new job what the contract says, and nothing else",
    async run(t) {
      const job = t.job({ payload: { a: 1 } });
      await t.adapter.insert([job], { now: T0 });
      const expected = { ...job, runAt: T0, attempt: 0, token: 0, version: 1, insertedAt: T0, updatedAt: T0 };
      same(await t.read(job.id), expected, "A new job is not what was inserted. Fields that do not apply are absent.");
    },
  },
  {
    promise: "P2",
    title: "keeps every optional field of a job",
    async run(t) {
      const job = t.job({
        id: "lane-1_x.y:local id/with:colons 😀 '\"%",
        lane: "lane-1_x.y",
        type: "it's.a_type%.😀",
        state: "odd state ' \" % 😀",
        priority: 4_294_967_295,
        maxAttempts: 1_000_000,
        backoff: { type: "exponential", delayMs: 1, maxMs: 600_000, jitter: 0.25 },
        timeoutMs: 86_400_000,
        group: "group ' \" % 😀",
        progress: { step: 0 },
      });
      await t.adapter.insert([{ ...job, runAt: 1 }], { now: T0 });
      const expected = { ...job, runAt: 1, attempt: 0, token: 0, version: 1, insertedAt: T0, updatedAt: T0 };
      same(await t.read(job.id), expected, "An optional field was lost or changed.");
    },
  },
  {
    promise: "P2",
    scenarios: ["S21"],
    title: "answers `get` in the order of the ids, with null for what is not there",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      const found = await t.adapter.get([b, "main:none", a, "nowhere:1", b]);
      same(
        found.map((job) => job?.id ?? null),
        [b, null, a, null, b],
        "`get` did not answer in the order of the ids.",
      );
      same(await t.adapter.get([]), [], "`get` of nothing is nothing.");
    },
  },
  {
    promise: "P2",
    title: "lets nobody change a stored job by changing an answer",
    async run(t) {
      const id = await t.add({ payload: { list: [1, 2] } });
      const answers = [await t.read(id), (await t.adapter.list({ limit: 1, now: T0 })).items[0], await t.claim()];
      for (const answer of answers) {
        try {
          const { list } = present(answer, "A job is gone.").payload as { list: number[] };
          list.push(3);
        } catch {
          // A frozen answer keeps the promise as well.
        }
        same((await t.read(id)).payload, { list: [1, 2] }, "Changing an answer changed the stored job.");
      }
    },
  },
  {
    promise: "P2",
    title: "gives any JSON back as it came",
    async run(t) {
      const anyJson = fc.jsonValue({ stringUnit: "binary", maxDepth: 4 }).map(storable);
      const batch = fc.array(anyJson, { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(batch, async (payloads) => {
          const ids = await t.addAll(payloads.map((payload) => ({ payload })));
          const found = await t.adapter.get(ids);
          same(
            found.map((job) => present(job, "A job is gone.").payload),
            payloads,
            "A payload changed.",
          );
        }),
        { seed: t.seed, numRuns: 30 },
      );
    },
  },
];

/** Leaves out what no store can carry and `Store` refuses (U+0000), and what JSON cannot tell apart (−0). */
function storable(value: unknown): Json {
  return JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")) as Json;
}

function nested(depth: number): Json {
  let value: Json = "bottom";
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}
