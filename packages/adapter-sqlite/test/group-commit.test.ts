import { readFileSync } from "node:fs";
import type { Hint } from "@anyqueue/api";
import { expect, it } from "vitest";
import { claim, job, jobs, NOW, openStore, temporaryPath } from "./files.ts";

it("commits verbs of the same tick once, in their order", async () => {
  const path = temporaryPath();
  const store = await openStore({ path });
  await store.insert(jobs(5), { now: NOW });
  const [held] = await claim(store, 1);
  const before = commitsIn(path);

  const lease = { ms: 60_000, holder: "test" };
  const [added, settled, polled] = await Promise.all([
    store.insert([job("urgent", { priority: 0 })], { now: NOW }),
    store.cas([{ id: held?.id ?? "", expect: { token: held?.token ?? 0 }, set: { state: "completed" } }], { now: NOW }),
    store.poll({ lanes: ["default"], limit: 2, lease, now: NOW }),
    store.append([{ id: "default:4", event: "noted" }], { now: NOW }),
    store.configure("default", { paused: true }),
    store.remove({ ids: ["default:3"] }),
  ]);

  expect(commitsIn(path) - before).toBe(1);
  expect(added).toEqual([{ status: "added", id: "default:urgent" }]);
  expect(settled).toEqual([{ status: "ok", version: 3 }]);
  expect(polled.jobs.map(({ id }) => id)).toEqual(["default:urgent", "default:1"]);
});

it("lets who waits for jobs claim them in the transaction that adds them", async () => {
  const path = temporaryPath();
  const store = await openStore({ path });
  await store.insert([job("before", { lane: "other" })], { now: NOW });
  let claimed: ReturnType<typeof claim> | undefined;
  await store.subscribe(() => void (claimed ??= claim(store, 1)));
  const before = commitsIn(path);

  await store.insert([job("a")], { now: NOW });

  expect((await claimed)?.map(({ id }) => id)).toEqual(["default:a"]);
  expect(commitsIn(path) - before).toBe(1);
});

it("P10 does not write when a poll finds nothing", async () => {
  const path = temporaryPath();
  const store = await openStore({ path });
  await store.insert([job("later", { runAt: NOW + 1000 })], { now: NOW });
  const before = readFileSync(`${path}-wal`);

  const lease = { ms: 60_000, holder: "test" };
  const types = ["mail.*"];
  expect(await store.poll({ limit: 5, lease, expired: 5, now: NOW })).toEqual({
    jobs: [],
    expired: [],
    nextDueAt: NOW + 1000,
    now: NOW,
  });
  expect((await store.poll({ limit: 5, lease, types, now: NOW })).jobs).toEqual([]);
  expect(readFileSync(`${path}-wal`).equals(before)).toBe(true);
});

it("reads at any moment, also right after one of a failed group was committed", async () => {
  const store = await openStore({ path: temporaryPath() });
  const heard = Promise.withResolvers<void>();
  await store.subscribe(() => heard.resolve());
  const reading = heard.promise.then(() => store.get(["default:a"]));

  const lease = { ms: 60_000, holder: "test" };
  const outcomes = await Promise.allSettled([
    store.insert([job("a")], { now: NOW }),
    store.poll({ lanes: ["default"], limit: 1, types: ["x"], after: "no cursor", lease, now: NOW }),
    store.insert([job("b")], { now: NOW }),
    reading,
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});

it("P7 gives each place once when a group was rolled back and its verbs run again", async () => {
  const store = await openStore();
  await store.insert([job("a"), job("b"), job("c")], { now: NOW });
  const { after = "" } = await store.list({ limit: 2, now: NOW });

  const outcomes = await Promise.allSettled([
    store.remove({ ids: ["default:b", "default:c"] }),
    store.insert([job("d")], { now: NOW }),
    store.insert([job("bad", { runAt: 1.5 })], { now: NOW }),
    store.cas([{ id: "default:a", expect: {}, set: { requeue: true } }], { now: NOW }),
    store.insert([job("e")], { now: NOW }),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  const { items } = await store.list({ after, limit: 9, now: NOW });
  expect(items.map(({ id }) => id)).toEqual(["default:d", "default:a", "default:e"]);
});

it("P24 goes on, and tells the others, when a listener throws", async () => {
  const store = await openStore();
  const hints: Hint[] = [];
  await store.subscribe(() => {
    throw new Error("broken listener");
  });
  await store.subscribe((hint) => void hints.push(hint));

  await store.insert([job("a")], { now: NOW });
  await store.insert([job("b")], { now: NOW });
  // Those are due, and told before they are committed too.
  expect(hints).toEqual(Array(4).fill({ lane: "default" }));

  await store.insert([job("later", { runAt: NOW + 1000 })], { now: NOW });
  expect(hints).toHaveLength(5);
});

it("lets no lane come into being by a change or a poll", async () => {
  const store = await openStore();
  const change = { id: "nowhere:1", expect: { token: 1 }, set: { state: "completed" } };
  expect(await store.cas([change], { now: NOW })).toEqual([{ status: "missing" }]);
  expect(await claim(store, 1, { lanes: ["nowhere"] })).toEqual([]);
  expect(await store.lanes()).toEqual([]);
});

it("leaves the event loop free while a caller awaits one verb after the other", async () => {
  const store = await openStore({ path: ":memory:" });
  let hasRun = false;
  setTimeout(() => (hasRun = true), 1);
  for (let n = 0; n < 10_000 && !hasRun; n++) await store.insert([job(String(n))]);
  expect(hasRun).toBe(true);
});

/** The number of frames in the log that end a transaction. https://sqlite.org/fileformat2.html#the_write_ahead_log */
function commitsIn(path: string): number {
  const log = readFileSync(`${path}-wal`);
  const frame = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frame <= log.length; at += frame) if (log.readUInt32BE(at + 4) > 0) commits++;
  return commits;
}
