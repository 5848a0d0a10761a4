import type { Case } from "../case.ts";
import { holds, same, sameIds, status } from "../check.ts";
import { storeAtomic } from "../needs.ts";
import { SECOND, T0 } from "../time.ts";

/** P13a: successors exist exactly when the change was made. */
export const spawning: readonly Case[] = [
  {
    promise: "P13a",
    scenarios: ["S38", "S42", "S53"],
    title: "inserts the successors in the step that completes their parent",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const spawn = [t.job({ type: "child", priority: 9 }), t.job({ type: "child", priority: 1, payload: { n: 2 } })];
      const [low, high] = spawn.map((child) => child.id);
      const set = { state: "completed", result: "split" };
      const outcome = await t.cas({ id, expect: { token: held.token }, set, spawn }, T0 + 5);
      same(outcome, { status: "ok", version: 3, spawned: [low, high] }, "The outcome does not tell the successors.");
      same((await t.read(id)).state, "completed", "The parent of spawned jobs was not completed.");
      const fresh = { attempt: 0, token: 0, version: 1, runAt: T0 + 5, insertedAt: T0 + 5, updatedAt: T0 + 5 };
      same(await t.adapter.get([low ?? ""]), [{ ...spawn[0], ...fresh }], "A spawned job is not as an inserted one.");
      sameIds(
        await t.take({ limit: 9, now: T0 + 5 }),
        [high ?? "", low ?? ""],
        "Spawned jobs are not found, or not in order.",
      );
    },
  },
  {
    promise: "P13a",
    title: "gives successors their places in the order of `spawn`, behind what was there before",
    async run(t) {
      const [id, old] = await t.addAll([{}, {}]);
      const held = await t.claim();
      const spawn = [t.job({ id: "main:z" }), t.job({ id: "main:a" }), t.job({ id: "main:m" })];
      const ids = spawn.map((child) => child.id);
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      same(outcome.spawned, ids, "Successors are not answered in order.");
      const { items } = await t.adapter.list({ limit: 9, now: T0 });
      sameIds(items, [id, old, ...ids], "Successors were not inserted in order.");
      sameIds(await t.take({ limit: 9 }), [old, ...ids], "Successors are not found in order.");
    },
  },
  {
    promise: "P13a",
    title: "shows nobody that a job has ended before all of its successors are there",
    async run(t) {
      for (let round = 0; round < 5; round++) {
        const id = await t.add();
        const held = await t.claim();
        const spawn = [t.job({ state: "fetched" }), t.job({ state: "fetched" })];
        const ending = t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
        let isAnswered = false;
        const answered = ending.finally(() => (isAnswered = true));
        while (!isAnswered) {
          const { state } = await t.read(id);
          const found = await t.adapter.get(spawn.map((child) => child.id));
          holds(
            state === "active" || !found.includes(null),
            "Somebody saw that a job had ended, and not all of its successors.",
          );
          // Lets the change go on when the adapter answers without any waiting of its own.
          await new Promise(setImmediate);
        }
        await answered;
      }
    },
  },
  {
    promise: "P13a",
    scenarios: ["S38", "S53"],
    title: "inserts no successor of a change that was refused",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const [a, b, c] = [t.job(), t.job(), t.job()];
      const set = { state: "completed" };
      status(
        await t.cas({ id, expect: { token: held.token + 1 }, set, spawn: [a] }),
        "stale",
        "A stale change was made.",
      );
      status(
        await t.cas({ id, expect: { version: 9 }, set, spawn: [b] }),
        "conflict",
        "A change was made in spite of a conflict.",
      );
      status(
        await t.cas({ id: "main:none", expect: { version: 1 }, set, spawn: [c] }),
        "missing",
        "There is no such job.",
      );
      same(await t.adapter.get([a.id, b.id, c.id]), [null, null, null], "A refused change spawned a job.");
      same((await t.read(id)).state, "active", "The parent changed.");
    },
  },
  {
    promise: "P13a",
    title: "leaves a successor that exists as it is, and goes on",
    async run(t) {
      const existing = t.job({ payload: "old", delayMs: SECOND });
      await t.adapter.insert([existing], { now: T0 });
      const before = await t.read(existing.id);
      const id = await t.add();
      const held = await t.claim();
      const fresh = t.job();
      const spawn = [{ ...existing, payload: "new" }, fresh];
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      same(outcome.spawned, [existing.id, fresh.id], "A successor that exists does not count as done.");
      same(await t.read(existing.id), before, "Spawning changed a job that existed.");
      same((await t.read(fresh.id)).state, "waiting", "A successor beside one that existed is missing.");
    },
  },
  {
    promise: "P13a",
    title: "spawns from any change, of each parent in a call its own, also twice the same",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const [one, two, both] = [t.job(), t.job({ delayMs: SECOND }), t.job({ state: "fetched" })];
      const outcomes = await t.adapter.cas(
        [
          { id: a, expect: { state: "waiting" }, set: { progress: 1 }, spawn: [one, both] },
          { id: b, expect: { state: "active" }, set: { progress: 1 }, spawn: [t.job({ id: "main:never" })] },
          { id: c, expect: { version: 1 }, set: { state: "cancelled" }, spawn: [both, two] },
        ],
        { now: T0 },
      );
      same(
        outcomes.map((each) => each.status),
        ["ok", "conflict", "ok"],
        "Outcomes of a call that spawns are wrong.",
      );
      const found = await t.adapter.get([one.id, two.id, both.id, "main:never"]);
      const states = found.map((job) => job && [job.state, job.runAt]);
      same(states, [["waiting", T0], ["waiting", T0 + SECOND], ["fetched", T0], null], "The spawned jobs are wrong.");
    },
  },
  {
    promise: "P13a",
    title: "spawns into another lane, within the same step",
    needs: storeAtomic,
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const spawn = [t.job({ lane: "side" }), t.job({ lane: "far" })];
      await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      const jobs = await t.take({ lanes: ["far", "side"], limit: 9 });
      sameIds(jobs, [spawn[1]?.id ?? "", spawn[0]?.id ?? ""], "Successors in other lanes are not there.");
    },
  },
  {
    promise: "P13a",
    scenarios: ["S38"],
    title: "replaces a job by its successor under concurrency exactly once",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const tries = Array.from({ length: 10 }, (_, i) =>
        t.cas({
          id,
          expect: { token: held.token },
          set: { state: "completed" },
          spawn: [t.job({ id: `main:child${i}` })],
        }),
      );
      const outcomes = await Promise.all(tries);
      const won = outcomes.flatMap((each, i) => (each.status === "ok" ? [`main:child${i}`] : []));
      same(won.length, 1, "A job was completed more than once.");
      sameIds(await t.take({ limit: 20 }), won, "Successors exist of changes that were refused.");
    },
  },
];
