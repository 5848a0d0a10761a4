import type { PollRequest, Settings } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, sameSet } from "../check.ts";
import { HOUR, MINUTE, SECOND, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

const KEY = { orderingKey: "k" } as const;

/** P18: jobs of one lane and key run one at a time in insertion order. */
export const orderingKeys: readonly Case[] = [
  {
    promise: "P18",
    scenarios: ["S112"],
    title: "gives the jobs of one key one after another in insertion order, whatever their priority and due time",
    async run(t) {
      const [a, b, c] = await t.addAll([
        { ...KEY, priority: 900 },
        { ...KEY, priority: 1, runAt: T0 - HOUR },
        { ...KEY, priority: 0 },
      ]);
      for (const id of [a, b, c]) {
        const held = await t.claim({ limit: 9 });
        same(held.id, id, "Jobs of one key were not given in insertion order.");
        await finds(t, []);
        await t.complete(held);
      }
      await finds(t, []);
    },
  },
  {
    promise: "P18",
    title:
      "lets no poll find a job that waits behind another of its key: by id, by type, by predicate or of a custom state",
    async run(t) {
      const [first, second] = await t.addAll([
        { ...KEY, type: "one" },
        { ...KEY, type: "two" },
      ]);
      const [custom, behind] = await t.addAll([
        { orderingKey: "c", state: "fetched" },
        { orderingKey: "c", state: "fetched" },
        { orderingKey: "d" },
        { orderingKey: "d", state: "fetched" },
      ]);
      const polls: Partial<PollRequest>[] = [
        { ids: [second] },
        { types: ["two"] },
        { where: { id: { eq: second } } },
        { ids: [behind], from: "fetched" },
        { from: "fetched", where: { id: { ne: custom } } },
      ];
      for (const request of polls)
        same(await t.take({ ...request, limit: 9 }), [], `Found by ${JSON.stringify(request)}.`);
      const moved = await t.advance({ from: "fetched", to: "parsed", limit: 9 });
      sameIds(moved, [custom], "A poll without a lease moved a job on that waits behind another one.");
      sameIds(await t.take({ ids: [second, first], limit: 9 }), [first], "A poll by id did not find whose turn it is.");
    },
  },
  {
    promise: "P18",
    title: "keeps the turn of a job that is delayed, put off, tried again or in a custom state: its followers wait",
    async run(t) {
      const head = await t.add({ ...KEY, delayMs: SECOND });
      await t.add(KEY);
      await finds(t, []);
      await finds(t, [head], T0 + SECOND);
      const steps: Settings[] = [
        { state: "waiting", delayMs: MINUTE, error: { message: "broke" } },
        { state: "fetched", delayMs: 0 },
        { state: "waiting" },
        { state: "waiting", runAt: T0 + HOUR, priority: 900 },
      ];
      for (const set of steps) {
        const { version } = await t.read(head);
        await t.apply({ id: head, expect: { version }, set }, T0 + SECOND);
        const isDue = set.state === "waiting" && set.delayMs === undefined && set.runAt === undefined;
        await finds(t, isDue ? [head] : [], T0 + SECOND);
      }
      await finds(t, [head], T0 + HOUR);
    },
  },
  {
    promise: "P18",
    scenarios: ["S115"],
    title: "keeps the turn of a job whose lease has ended until it was settled",
    async run(t) {
      const store = await t.store();
      const [head, next] = await t.addAll([{ ...KEY, maxAttempts: 2, backoff: { type: "fixed", delayMs: 0 } }, KEY]);
      const { lease } = await t.claim();
      await finds(t, [], lease.until + HOUR);
      await store.rescue({ limit: 9, now: lease.until });
      const again = await t.claim({ limit: 9, now: lease.until });
      same(again.id, head, "A job that was rescued lost its turn.");
      await store.rescue({ limit: 9, now: again.lease.until });
      sameIds(await t.take({ limit: 9, now: again.lease.until }), [next], "A job that failed holds its followers.");
    },
  },
  {
    promise: "P18",
    title: "gives the turn to the next one when a job ends, in whatever way",
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 7 }, () => ({ ...KEY, state: "fetched" })));
      const [completed, failed, cancelled, asked, moved, removed, last] = ids;
      const claim = async (id: string | undefined) => {
        const held = await t.claim({ from: "fetched", limit: 9 });
        same(held.id, id, "The next of a key did not get its turn.");
        return { id: held.id, expect: { token: held.token } };
      };
      await t.apply({ ...(await claim(completed)), set: { state: "completed" } });
      await t.apply({ ...(await claim(failed)), set: { state: "failed" } });
      await t.apply({ id: cancelled ?? "", expect: { state: "fetched" }, set: { cancel: true } });
      const held = await claim(asked);
      await t.apply({ id: held.id, expect: { state: "active" }, set: { cancel: true } });
      same(
        await t.take({ from: "fetched", limit: 9 }),
        [],
        "A follower did not wait for a holder that was asked to stop.",
      );
      await t.apply({ ...held, set: { state: "fetched" } });
      sameIds(
        await t.advance({ from: "fetched", to: "completed", limit: 9 }),
        [moved ?? ""],
        "Not one job was moved on.",
      );
      await claim(removed);
      await t.adapter.remove({ ids: [removed ?? ""] });
      await claim(last);
    },
  },
  {
    promise: "P18",
    title: "passes over followers that were cancelled or removed while they waited",
    async run(t) {
      const [head, b, c, d] = await t.addAll([KEY, KEY, KEY, KEY]);
      const held = await t.claim();
      same(held.id, head, "The first job was due.");
      await t.apply({ id: b, expect: { state: "waiting" }, set: { cancel: true } });
      await t.adapter.remove({ ids: [c] });
      await finds(t, []);
      await t.complete(held);
      await finds(t, [d]);
    },
  },
  {
    promise: "P18",
    scenarios: ["S109", "S112"],
    title:
      "gives up the turn of a job that is requeued, which gets it again at the end of the line, or at once if alone",
    async run(t) {
      const [a, b] = await t.addAll([KEY, KEY]);
      const requeue = { state: "waiting", requeue: true } as const;
      for (const [id, next] of [
        [a, b],
        [b, a],
      ] as const) {
        const held = await t.claim({ limit: 9 });
        same(held.id, id, "Not the first in line was given.");
        await t.apply({ id, expect: { token: held.token }, set: requeue });
        sameIds(await t.take({ ids: [id] }), [], "A job that was requeued kept its turn.");
        sameIds(await t.take({ ids: [id, next], limit: 0 }), [], "A poll for no job took one.");
      }
      const held = await t.claim({ limit: 9 });
      await t.adapter.remove({ ids: [b] });
      await t.apply({ id: held.id, expect: { token: held.token }, set: requeue });
      await finds(t, [a]);
    },
  },
  {
    promise: "P18",
    title: "requeues a job that waits in line: it goes to the end, and those before it come first",
    async run(t) {
      const [a, b, c] = await t.addAll([KEY, KEY, KEY]);
      await t.apply({ id: b, expect: { state: "waiting" }, set: { requeue: true } });
      await inTurn(t, [a, c, b]);
    },
  },
  {
    promise: "P18",
    title: "lets nobody lose the turn to an earlier job that is retried, which waits in its old place",
    async run(t) {
      const [a, b, c] = await t.addAll([KEY, KEY, KEY]);
      await t.complete(await t.claim());
      const held = await t.claim();
      same(held.id, b, "The second job was due.");
      await t.apply({ id: a, expect: { state: "completed" }, set: { state: "waiting" } });
      await finds(t, []);
      await t.apply({ id: b, expect: { token: held.token }, set: { state: "waiting", delayMs: MINUTE } });
      await finds(t, []);
      const again = await t.claim({ limit: 9, now: T0 + MINUTE });
      same(again.id, b, "A job lost its turn to one that came back.");
      await t.complete(again, null, T0 + MINUTE);
      await inTurn(t, [a, c], T0 + MINUTE);
    },
  },
  {
    promise: "P18",
    title: "keeps keys apart by their lane and every letter, and never holds a job without a key",
    async run(t) {
      const keys = ["k", "K", "k ", "%", "__proto__", "ﬀ", "ff"];
      const ids = await t.addAll(keys.map((orderingKey) => ({ orderingKey })));
      const [side, free, alone] = await t.addAll([
        { ...KEY, lane: "side" },
        {},
        {},
        ...keys.map((orderingKey) => ({ orderingKey })),
      ]);
      sameSet(await t.take({ lanes: ["main", "side"], limit: 99 }), [...ids, side, free, alone], "Keys were confused.");
    },
  },
  {
    promise: "P18",
    title: "orders those whose turn it is by priority, due time and insertion, with the jobs without a key",
    async run(t) {
      const [late, , early, none, same1, same2] = await t.addAll([
        { orderingKey: "a", priority: 900 },
        { orderingKey: "a", priority: 1 },
        { orderingKey: "b", priority: 500, runAt: T0 - 1 },
        { priority: 700 },
        { orderingKey: "c", priority: 500 },
        { priority: 500 },
      ]);
      await finds(t, [early, same1, same2, none, late]);
    },
  },
];

/** Polls for everything that is due, which has to be just these, in order. */
export async function finds(t: Trial, ids: readonly string[], now: number = T0): Promise<void> {
  sameIds(await t.take({ limit: 99, now }), ids, "A poll did not find just the jobs whose turn it was.");
}

/** Polls and completes one job after another, which have to come in this order. */
export async function inTurn(t: Trial, ids: readonly string[], now: number = T0): Promise<void> {
  for (const id of ids) {
    const held = await t.claim({ limit: 99, now });
    same(held.id, id, "Jobs of one key did not come in their order.");
    await t.complete(held, null, now);
  }
  await finds(t, [], now);
}
