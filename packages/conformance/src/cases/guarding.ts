import { isQueueError, type JobInput, QueueError } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds } from "../check.ts";
import { decorate } from "../decorate.ts";
import { hostileValues } from "./json.ts";

/** What the guard in front of every adapter refuses and fills in, so that it is the same on every backend. */
export const guarding: readonly Case[] = [
  {
    promise: "P2",
    scenarios: ["S64"],
    title:
      "refuses by name what JSON, or one of the stores, cannot carry, stores nothing of it, and takes what is next to it",
    async run(t) {
      const store = await t.store();
      const cycle: Record<string, unknown> = {};
      cycle["self"] = cycle;
      const refused: readonly (readonly [string, unknown])[] = [
        ["undefined", undefined],
        ["a nested undefined", { a: [undefined] }],
        ["a function", { a: () => 1 }],
        ["a BigInt", 1n],
        ["NaN", NaN],
        ["Infinity", [Infinity]],
        ["a symbol", Symbol("x")],
        ["a cycle", cycle],
        ["U+0000", { text: "x\0y" }],
        ["U+0000 in a key", { "x\0y": 1 }],
        ["a lone surrogate", "\ud800"],
        ["a lone surrogate in a key", { "\udc00x": 1 }],
        ["a date", new Date(0)],
        ["a map", new Map()],
      ];
      for (const [what, payload] of refused) {
        const input = { type: "work.do", payload } as JobInput;
        await refuses(() => store.insert([{ type: "work.do", payload: 1 }, input]), `A payload was taken: ${what}.`);
      }
      same((await store.list({ limit: 9 })).items, [], "A part of a call that was refused was stored.");
      const neighbours = [null, {}, [], "x\u0001y", "\ud83d\ude00", "1n", -1e300];
      await store.insert(neighbours.map((payload) => ({ type: "work.do", payload })));
      const { items } = await store.list({ limit: 9 });
      same(
        items.map((job) => job.payload),
        neighbours,
        "What is next to what is refused is not taken.",
      );
    },
  },
  {
    promise: "P2",
    scenarios: ["S24", "S77"],
    title: "takes every other value, and does not share it with its caller",
    async run(t) {
      const store = await t.store();
      for (const [what, payload] of hostileValues) {
        const [outcome] = await store.insert([{ type: "work.do", payload }]);
        holds(outcome?.status === "added", `A payload was refused: ${what}.`);
        same((await t.read(outcome.id)).payload, payload, `A payload changed: ${what}.`);
      }
      const payload = { list: [1] };
      const [outcome] = await store.insert([{ type: "work.do", payload }]);
      payload.list.push(2);
      holds(outcome?.status === "added", "A payload was refused.");
      same(
        (await t.read(outcome.id)).payload,
        { list: [1] },
        "The caller changed a stored job through its own object.",
      );
    },
  },
  {
    promise: "P2",
    scenarios: ["S43", "S64", "S66", "S75"],
    title: "refuses what is no job, naming the fault, and fills in the same defaults in bulk and alone",
    async run(t) {
      const store = await t.store();
      const job = { type: "work.do", payload: null };
      const wrong: readonly unknown[] = [
        { payload: null },
        { ...job, run_atter: 5 },
        { ...job, priority: -1 },
        { ...job, priority: 1.5 },
        { ...job, priority: "hihg" },
        { ...job, priority: 2 ** 53 + 1 },
        { ...job, lane: "no spaces" },
        { ...job, maxAttempts: 0 },
        { ...job, state: "completed" },
      ];
      for (const input of wrong) {
        await refuses(() => store.insert([input as JobInput]), `No job, but it was taken: ${JSON.stringify(input)}.`);
      }
      same((await store.list({ limit: 9 })).items, [], "Something that was refused was stored.");
      await store.insert([job]);
      await store.insert([job, { ...job, priority: "high" }]);
      const { items } = await store.list({ limit: 9 });
      const facts = items.map(({ lane, priority, maxAttempts, state }) => ({ lane, priority, maxAttempts, state }));
      const normal = { lane: "default", priority: 512, maxAttempts: 3, state: "waiting" };
      same(facts, [normal, normal, { ...normal, priority: 256 }], "Defaults are wrong, or differ in bulk.");
    },
  },
  {
    promise: "P3",
    title: "adds a job once when the reply to its insertion is lost and it is sent again",
    async run(t) {
      let calls = 0;
      const losing = decorate(t.adapter, {
        insert: async (jobs, at) => {
          const outcomes = await t.adapter.insert(jobs, at);
          calls += 1;
          if (calls === 1) throw new QueueError("UNAVAILABLE", "The connection was lost after the commit.");
          return outcomes;
        },
      });
      const store = await t.store(losing);
      const [outcome] = await store.insert([{ type: "work.do", payload: 1 }]);
      same(
        [outcome?.status, calls],
        ["added", 2],
        "An insert whose reply was lost was not sent again, and answered `added`.",
      );
      same((await store.list({ limit: 9 })).items.length, 1, "An insert that was sent again was stored twice.");
    },
  },
  {
    promise: "P9",
    scenarios: ["S17"],
    title: "takes a bare value in a predicate for equality, and refuses what is no predicate",
    async run(t) {
      const store = await t.store();
      const [a] = await t.addAll([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
      const { items } = await store.list({ where: { "payload.n": 1 }, limit: 9 });
      sameIds(items, [a], "A bare value is not taken for equality.");
      for (const where of [{ nowhere: 1 }, { payload: { eqq: 1 } }, { and: [], state: "waiting" }, "1 = 1"]) {
        const call = () => store.list({ where: where as never, limit: 9 });
        await refuses(call, `No predicate, but it was taken: ${JSON.stringify(where)}.`);
      }
    },
  },
];

async function refuses(call: () => Promise<unknown>, broken: string): Promise<void> {
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  holds(isQueueError(error, "INVALID"), `${broken} The answer should be INVALID, and was ${String(error)}.`);
}
