import type { JobError } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { SECOND, T0 } from "../time.ts";

/** P16: every failed attempt's error stays readable. */
export const errors: readonly Case[] = [
  {
    promise: "P16",
    scenarios: ["S27", "S104"],
    title: "keeps the error of every attempt in the log, and the last one with the job",
    async run(t) {
      const id = await t.add({ maxAttempts: 3 });
      const thrown: JobError[] = [];
      for (let attempt = 1; attempt <= 3; attempt++) {
        const now = T0 + attempt * SECOND;
        const held = await t.claim({ now });
        same(held.error, thrown.at(-1), "A job does not carry the error of its last attempt.");
        const error = {
          message: `broke ${attempt}`,
          code: `E${attempt}`,
          stack: `at ${attempt}\n  at y`,
          attempt,
          at: now,
        };
        thrown.push(error);
        const set = { state: attempt < 3 ? "waiting" : "failed", error };
        await t.apply({ id, expect: { token: held.token }, set }, now);
        same((await t.read(id)).error, error, "The error of a failed attempt is not kept as it was.");
      }
      const items = await t.log({ id });
      const expected = thrown.map((error, i) => ({ id, at: T0 + (i + 1) * SECOND, kind: "failed", error }));
      same(items, expected, "The log does not hold the errors of all attempts, in order, and nothing else.");
    },
  },
  {
    promise: "P16",
    scenarios: ["S104"],
    title: "keeps an error of any text, and one with a message alone",
    async run(t) {
      const id = await t.add();
      const texts: readonly JobError[] = [
        { message: "" },
        { message: "division by zero" },
        { message: "naïve 😀 ' \" \\ % \n\t\u0001", code: "'", stack: "é".repeat(8000) },
        { message: "x".repeat(4000), attempt: 0, at: 0 },
      ];
      for (const error of texts) {
        await t.apply({ id, expect: { state: "waiting" }, set: { error } });
        same((await t.read(id)).error, error, "An error changed.");
      }
      const items = await t.log({ id, kinds: ["failed"] });
      same(
        items.map((event) => event.error),
        texts,
        "An error in the log changed.",
      );
    },
  },
  {
    promise: "P16",
    title: "keeps the errors when the job succeeds after all, and writes none without one",
    async run(t) {
      const id = await t.add();
      const first = await t.claim();
      const error = { message: "once" };
      await t.apply({ id, expect: { token: first.token }, set: { state: "waiting", error } });
      const second = await t.claim();
      await t.complete(second, "done");
      const job = await t.read(id);
      same([job.state, job.error], ["completed", error], "A job that succeeded lost the error of its failed attempt.");
      const items = await t.log({ id });
      same(
        items.map((event) => event.kind),
        ["failed"],
        "The log holds something other than the one failed attempt.",
      );
    },
  },
  {
    promise: "P16",
    scenarios: ["S32"],
    title: "blames the job that failed, and no other one that its holder had",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      await t.complete(await t.claim(), "done");
      const second = await t.claim();
      const error = { message: "broke", attempt: 1 };
      await t.apply({ id: b, expect: { token: second.token }, set: { state: "waiting", error } });
      const [first, other] = [await t.read(a), await t.read(b)];
      same([first.state, first.error], ["completed", undefined], "A job was blamed for another one's failure.");
      same([other.state, other.error], ["waiting", error], "A job that failed was not blamed.");
      const items = await t.log();
      same(
        items.map((event) => event.id),
        [b],
        "The log blames another job.",
      );
    },
  },
];
