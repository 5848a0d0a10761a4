import { matchesTypes } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { same, sameIds } from "../check.ts";
import { T0 } from "../time.ts";

const types = [
  "task.new.1",
  "task.old.3",
  "task.new",
  "task",
  "task.new.1.x",
  "Task.new.1",
  "task.n%w.1",
  "send_email",
  "sendXemail",
  "send.email",
  "a.task",
  "taskx.new.1",
  "it's",
  'say "x"',
  "a.b.c.b.c",
] as const;

const table: readonly (readonly [patterns: readonly string[], fitting: readonly string[]])[] = [
  [["task.new.1"], ["task.new.1"]],
  [["task.*.*"], ["task.new.1", "task.old.3", "task.n%w.1"]],
  [["task.*"], ["task.new"]],
  [["task.**"], ["task.new.1", "task.old.3", "task.new", "task", "task.new.1.x", "task.n%w.1"]],
  [["task.new.**"], ["task.new.1", "task.new", "task.new.1.x"]],
  [["**.1"], ["task.new.1", "Task.new.1", "task.n%w.1", "taskx.new.1"]],
  [["*"], ["task", "send_email", "sendXemail", "it's", 'say "x"']],
  [["**"], types],
  [["**.b.c"], ["a.b.c.b.c"]],
  [["a.**.c"], ["a.b.c.b.c"]],
  [["a.*.c"], []],
  [["task.%"], []],
  [["task.n%w.1"], ["task.n%w.1"]],
  [["task.n_w.1"], []],
  [["send_email"], ["send_email"]],
  [["send?email"], []],
  [
    ["send.*", "it's"],
    ["send.email", "it's"],
  ],
  [['say "x"'], ['say "x"']],
  [["task*"], []],
  [["TASK.**"], []],
  [["xxxx"], []],
  [[], []],
];

/** P9: type patterns. */
export const typePatterns: readonly Case[] = [
  {
    promise: "P9",
    scenarios: ["S89", "S101"],
    title: "polls and lists by type pattern: `*` is one segment, `**` any number, all else is literal",
    async run(t) {
      await t.addAll(types.map((type) => ({ id: `main:${type}`, type })));
      for (const [patterns, fitting] of table) {
        const expected = fitting.map((type) => `main:${type}`);
        const { items } = await t.adapter.list({ types: patterns, limit: 100, now: T0 });
        sameIds(items, expected, `The wrong jobs were listed for ${JSON.stringify(patterns)}.`);
        const jobs = await t.take({ types: patterns, limit: 100 });
        sameIds(jobs, expected, `The wrong jobs were polled for ${JSON.stringify(patterns)}.`);
        const back = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "waiting" } }));
        await t.adapter.cas(back, { now: T0 });
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S25", "S37"],
    title: "never returns a job of another type",
    async run(t) {
      const wishes = Array.from({ length: 20 }, (_, i) => ({ type: i % 2 ? "odd" : "even" }));
      await t.addAll(wishes);
      const found: string[] = [];
      for (let i = 0; i < 5; i++) found.push((await t.claim({ types: ["odd"] })).type);
      for (let i = 0; i < 5; i++) found.push((await t.claim({ types: ["even", "other"] })).type);
      same(found, [...Array<string>(5).fill("odd"), ...Array<string>(5).fill("even")], "A poll returned another type.");
      const { items } = await t.adapter.list({ states: ["waiting"], limit: 100, now: T0 });
      const left = items.filter((job) => job.type === "odd").length;
      same([items.length, left], [10, 5], "Five of each type should be left.");
    },
  },
  {
    promise: "P9",
    title: "keeps the order within what fits, and finds what lies behind another type",
    async run(t) {
      const wishes = Array.from({ length: 1500 }, () => ({ type: "common", priority: 1 }));
      await t.addAll(wishes);
      const [c, a, b] = await t.addAll([
        { type: "rare.x", priority: 30 },
        { type: "rare.y", priority: 10 },
        { type: "rare.x", priority: 20 },
      ]);
      let { jobs, after } = await t.poll({ types: ["rare.*"], limit: 10 });
      for (let calls = 0; after !== undefined && calls < 20; calls++) {
        const next = await t.poll({ types: ["rare.*"], limit: 10, after });
        jobs = [...jobs, ...next.jobs];
        after = next.after;
      }
      sameIds(jobs, [a, b, c], "Jobs of a rare type were not found behind many others, or not in order.");
    },
  },
  {
    promise: "P9",
    title: "filters in lanes of any name, also of those that every JavaScript object has a member of",
    async run(t) {
      for (const lane of ["constructor", "toString", "__proto__"]) {
        await t.addAll(Array.from({ length: 1100 }, () => ({ lane, type: "common", priority: 1 })));
        const rare = await t.add({ lane, type: "rare" });
        const request = { lanes: [lane], types: ["rare"] };
        let { jobs, after } = await t.poll(request);
        for (let calls = 0; jobs.length === 0 && after !== undefined && calls < 9; calls++) {
          ({ jobs, after } = await t.poll({ ...request, after }));
        }
        sameIds(jobs, [rare], `A filtered poll did not find the job in lane ${lane}.`);
      }
    },
  },
  {
    promise: "P9",
    title: "means the same by any type pattern",
    async run(t) {
      const segment = fc.constantFrom("a", "b", "A", "_", "%");
      const type = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
      const part = fc.oneof(segment, fc.constantFrom("*", "**"));
      const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(type, { maxLength: 12 }),
          fc.array(pattern, { maxLength: 3 }),
          async (names, patterns) => {
            round += 1;
            const lane = `round${round}`;
            const ids = await t.addAll(names.map((name) => ({ lane, type: name })));
            const expected = ids.filter((_, i) => matchesTypes(patterns, names[i] ?? ""));
            const { items } = await t.adapter.list({ lanes: [lane], types: patterns, limit: 100, now: T0 });
            sameIds(items, expected, "`list` disagrees with the meaning of a type pattern.");
            const jobs = await t.take({ lanes: [lane], types: patterns, limit: 100 });
            sameIds(jobs, expected, "`poll` disagrees with the meaning of a type pattern.");
          },
        ),
        { seed: t.seed, numRuns: 60 },
      );
    },
  },
];
