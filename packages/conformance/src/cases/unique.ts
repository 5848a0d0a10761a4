import type { InsertOutcome, Unique } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { present, same, sameIds, status } from "../check.ts";
import { HOUR, MINUTE, SECOND, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";

/** P17: at most one job of a lane holds a key. */
export const unique: readonly Case[] = [
  {
    promise: "P17",
    scenarios: ["S23"],
    title: "holds a key until its job has ended, and answers `existing` with that job meanwhile, storing nothing",
    async run(t) {
      const feed = { unique: until("finished", "feed:major") };
      for (const state of ["completed", "failed", "cancelled"]) {
        const id = await t.add(feed);
        await refused(t, feed, id);
        const held = await t.claim();
        await refused(t, feed, id);
        const set = { state: "waiting", delayMs: 0, error: { message: "broke" } };
        await t.apply({ id, expect: { token: held.token }, set });
        await refused(t, feed, id);
        await t.apply({ id, expect: { state: "waiting" }, set: { state } });
      }
      sameIds(
        (await t.adapter.list({ states: ["waiting"], limit: 9, now: T0 })).items,
        [],
        "A refused job was stored.",
      );
    },
  },
  {
    promise: "P17",
    scenarios: ["S23"],
    title: "keeps keys apart by their lane and every letter, and from jobs without one, whatever their types",
    async run(t) {
      const key = (name: string): Wish => ({ unique: until("finished", name) });
      const id = await t.add({ ...key("feed:major"), type: "feed" });
      await refused(t, { ...key("feed:major"), type: "scratch" }, id);
      for (const name of ["scratch:major", "Feed:major", "feed:major ", "feed", "%", "__proto__", "ﬀ", "ff"]) {
        await t.add(key(name));
      }
      await t.addAll([{ ...key("feed:major"), lane: "side" }, {}, {}]);
    },
  },
  {
    promise: "P17",
    title: "lets a key that is held until the start go when the job is leased, and not when it is only moved on",
    async run(t) {
      const wish: Wish = { state: "fetched", unique: until("started") };
      const first = await t.add(wish);
      await refused(t, wish, first);
      await t.advance({ from: "fetched", to: "parsed" });
      await refused(t, wish, first);
      const held = await t.claim({ from: "parsed" });
      const second = await t.add(wish);
      await refused(t, wish, second);
      status(await t.complete(held), "ok", "A job whose key another one holds by now could not be completed.");
      await refused(t, wish, second);
    },
  },
  {
    promise: "P17",
    title: "holds a key that is held until the start between two attempts as well",
    async run(t) {
      const wish: Wish = { unique: until("started") };
      const id = await t.add(wish);
      const held = await t.claim();
      await t.apply({ id, expect: { token: held.token }, set: { state: "waiting", delayMs: HOUR } });
      await refused(t, wish, id);
      const again = await t.claim({ now: T0 + HOUR });
      await t.apply({ id, expect: { token: again.token }, set: { state: "failed" } }, T0 + HOUR);
      await t.add(wish, { now: T0 + HOUR });
    },
  },
  {
    promise: "P17",
    title: "holds a key for its window after the insertion, to the millisecond, whatever becomes of the job",
    async run(t) {
      const wish: Wish = { unique: until({ windowMs: MINUTE }) };
      const id = await t.add(wish);
      await t.complete(await t.claim());
      await refused(t, wish, id, T0 + SECOND);
      await t.apply({ id, expect: { state: "completed" }, set: { state: "waiting" } }, T0 + 2 * SECOND);
      await refused(t, wish, id, T0 + MINUTE - 1);
      const next = await t.add(wish, { now: T0 + MINUTE });
      await refused(t, wish, next, T0 + 2 * MINUTE - 1);
      status(
        await t.cas({ id, expect: { state: "waiting" }, set: { cancel: true } }, T0 + MINUTE),
        "ok",
        "A job whose window has passed could not be changed.",
      );
      await refused(t, wish, next, T0 + 2 * MINUTE - 1);
    },
  },
  {
    promise: "P17",
    title: "looks at how long the job that holds the key does so, and not at what the new one asks for",
    async run(t) {
      const window = await t.add({ unique: until({ windowMs: MINUTE }) });
      await refused(t, { unique: until("started") }, window);
      await t.complete(await t.claim());
      await refused(t, { unique: until("finished") }, window, T0 + 1);
      const job = await t.add({ unique: until("finished") }, { now: T0 + MINUTE });
      await refused(t, { unique: until({ windowMs: 1 }) }, job, T0 + HOUR);
      await refused(t, { unique: until("started") }, job, T0 + HOUR);
    },
  },
  {
    promise: "P17",
    title: "frees the key of a job that is removed, so that it can be added again, and its old holder learns `missing`",
    async run(t) {
      for (const unique of [until("started"), until("finished"), until({ windowMs: HOUR })]) {
        const id = await t.add({ unique });
        await t.adapter.remove({ ids: [id] });
        const again = await t.add({ unique });
        const held = await t.claim();
        await t.adapter.remove({ ids: [again] });
        const job = await t.add({ unique });
        status(await t.complete(held), "missing", "The holder of a removed job was not told so.");
        if (unique.until !== "started") await refused(t, { unique }, job);
        await t.adapter.remove({ ids: [job] });
      }
    },
  },
  {
    promise: "P17",
    title: "frees the key of a finished job that retention removes, or that is not kept at all",
    async run(t) {
      const unique = until({ windowMs: HOUR });
      const id = await t.add({ unique });
      await t.complete(await t.claim());
      await refused(t, { unique }, id);
      await t.adapter.remove({ states: ["completed"], olderThanMs: 0, limit: 9, now: T0 });
      await t.add({ unique, keep: { completed: false } });
      await t.complete(await t.claim());
      await t.add({ unique });
    },
  },
  {
    promise: "P17",
    title: "adds the first of several jobs of one key in one call, and answers `existing` with it for the others",
    async run(t) {
      const unique = until("finished");
      const [one, two, other, three] = [
        t.job({ unique }),
        t.job({ unique, priority: 1 }),
        t.job({ unique, lane: "side" }),
        t.job({ unique: until({ windowMs: 5 }) }),
      ];
      const outcomes = await t.adapter.insert([one, two, other, three], { now: T0 });
      const holder = { status: "existing", id: one.id, by: "unique", job: await t.read(one.id) };
      const added = (id: string) => ({ status: "added", id });
      same(outcomes, [added(one.id), holder, added(other.id), holder], "One call did not add one job for a key.");
      same(await t.adapter.get([two.id, three.id]), [null, null], "A job was stored that was not added.");
      sameIds(await t.take({ lanes: ["main", "side"], limit: 9 }), [one.id, other.id], "Polls find another job.");
    },
  },
  {
    promise: "P17",
    title:
      "looks at ids first: a job that is sent again is `existing` by its id, and a stored id is never another's key",
    async run(t) {
      const [a, b] = [t.job({ unique: until("finished", "a") }), t.job({ unique: until("finished", "b") })];
      await t.adapter.insert([a, b], { now: T0 });
      const [again, moved] = await t.adapter.insert([a, { ...a, unique: until("finished", "b") }], { now: T0 });
      const expected = { status: "existing", id: a.id, by: "id", job: await t.read(a.id) };
      same([again, moved], [expected, expected], "A stored id was not recognised before its key.");
      const c = t.job();
      const [, twin] = await t.adapter.insert([c, { ...c, unique: until("finished", "b") }], { now: T0 });
      const first = { status: "existing", id: c.id, by: "id", job: await t.read(c.id) };
      same(twin, first, "An id that came before in the same call was not recognised before its key.");
    },
  },
  {
    promise: "P17",
    scenarios: ["S22"],
    title: "adds none of the jobs of an `allOrNone` call when a key is held, or comes twice in the call",
    async run(t) {
      const holder = await t.add({ unique: until("finished", "held") });
      const calls = [
        [t.job(), t.job({ unique: until("finished", "held") }), t.job({ lane: "side" })],
        [t.job({ unique: until("finished", "new") }), t.job({ unique: until("finished", "new") }), t.job()],
      ];
      for (const [i, jobs] of calls.entries()) {
        const outcomes = await t.adapter.insert(jobs, { now: T0, allOrNone: true });
        const by = outcomes.map((each) => (each.status === "existing" ? `${each.id} by ${each.by}` : each.status));
        const name = i === 0 ? holder : present(jobs[0], "").id;
        same(by, ["skipped", `${name} by unique`, "skipped"], "An outcome of `allOrNone` is wrong.");
        const found = await t.adapter.get(jobs.map((job) => job.id));
        same(found, [null, null, null], "`allOrNone` added some of the jobs.");
      }
      // What was tried in vain holds no key either.
      await t.add({ unique: until("finished", "new") });
    },
  },
  {
    promise: "P17",
    title: "gives the key to a finished job again that is retried",
    async run(t) {
      for (const unique of [until("started"), until("finished")]) {
        const id = await t.add({ unique });
        await t.complete(await t.claim());
        await t.apply({ id, expect: { state: "completed" }, set: { state: "waiting" } });
        await refused(t, { unique }, id);
        await t.apply({ id, expect: { state: "waiting" }, set: { state: "cancelled" } });
      }
    },
  },
  {
    promise: "P17",
    title:
      "counts a successor whose key is held as done and tells its holder, and replaces a job by one of its own key",
    async run(t) {
      const [first] = await t.addAll([{ unique: until("finished", "mine") }, { unique: until("finished", "other") }]);
      const held = await t.claim();
      const [mine, other] = [
        t.job({ unique: until("finished", "mine") }),
        t.job({ unique: until("finished", "other") }),
      ];
      const set = { state: "completed" };
      const outcome = await t.apply({ id: first, expect: { token: held.token }, set, spawn: [mine, other] });
      const holder = present((await t.take())[0], "The job that holds the other key is gone.").id;
      same(outcome.spawned, [mine.id, holder], "`spawned` does not tell who holds the key of a successor.");
      same(await t.adapter.get([other.id]), [null], "A successor whose key was held was stored.");
      await refused(t, { unique: until("finished", "mine") }, mine.id);
    },
  },
  {
    promise: "P17",
    title: "lets a rescued job whose key another one took meanwhile go on without it, and leaves that one alone",
    async run(t) {
      const store = await t.store();
      const unique = until("started");
      const first = await t.add({ unique });
      const held = await t.claim();
      const second = await t.add({ unique });
      const before = await t.read(second);
      same(await store.rescue({ limit: 9, now: held.lease.until }), 1, "The job was not settled.");
      const job = await t.read(first);
      same(
        [job.state, job.error?.code, job.attempt, job.unique],
        ["waiting", "LEASE_ENDED", 1, undefined],
        "The rescued job does not wait for its next attempt, without its key.",
      );
      same(await t.read(second), before, "The job that holds the key changed.");
      same(await store.rescue({ limit: 9, now: held.lease.until + HOUR }), 0, "The job is rescued again and again.");
    },
  },
];

/** A key, `key` unless it is named, and until when it is held. */
export function until(end: Unique["until"], key = "key"): Unique {
  return { key, until: end };
}

/** Inserts a job, which is refused because job `holder` holds its key. */
export async function refused(t: Trial, wish: Wish, holder: string, now: number = T0): Promise<void> {
  const job = t.job(wish);
  const outcomes: readonly InsertOutcome[] = await t.adapter.insert([job], { now });
  const expected = { status: "existing", id: holder, by: "unique", job: await t.read(holder) };
  same(outcomes, [expected], `A job was not refused because ${holder} holds its key.`);
  same(await t.adapter.get([job.id]), [null], "A job that was refused was stored.");
}
