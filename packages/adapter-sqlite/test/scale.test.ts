import SqliteDatabase from "better-sqlite3";
import { expect, it } from "vitest";
import { claim, job, jobs, NOW, openStore, temporaryPath } from "./files.ts";

it("P20 a chain of 10 000 jobs ends with its first one, in one step", async () => {
  const store = await openStore();
  const chain = jobs(10_000).map((each, n) => (n === 0 ? each : { ...each, dependsOn: [`default:${n - 1}`] }));
  await store.insert(chain, { now: NOW });
  await store.cas([{ id: "default:0", expect: { state: "waiting" }, set: { cancel: true } }], { now: NOW });
  expect((await store.lanes({ now: NOW }))[0]?.counts).toEqual({ cancelled: 10_000 });
});

it("P20 10 000 dependents of one job go on when it is completed, and its 10 000 dependencies free one", async () => {
  const store = await openStore();
  const children = jobs(9998).map((each) => ({ ...each, dependsOn: ["first:0"] }));
  const last = job("0", { lane: "last", dependsOn: children.map(({ id }) => id) });
  await store.insert([last, ...children, job("0", { lane: "first" })], { now: NOW });
  await finish(await claim(store, 1, { lanes: ["first"] }));
  const claimed = await claim(store, 10_000);
  expect(claimed).toHaveLength(9998);
  for (let n = 0; n < claimed.length; n += 1000) await finish(claimed.slice(n, n + 1000));
  expect(await claim(store, 1, { lanes: ["last"] })).toHaveLength(1);

  function finish(held: readonly { readonly id: string; readonly token: number }[]) {
    const set = { state: "completed" };
    return store.cas(
      held.map(({ id, token }) => ({ id, expect: { token }, set })),
      { now: NOW },
    );
  }
});

it("P19 the room that a lane has is counted once and then kept, also through what is undone or joins a transaction", async () => {
  const path = temporaryPath();
  const store = await openStore({ path });
  await store.configure("default", { capacity: 5 });
  const add = async (names: readonly string[], at: object = {}) =>
    (
      await store.insert(
        names.map((name) => job(name)),
        { now: NOW, ...at },
      )
    ).map(({ status }) => status);

  expect(await add(["a", "b", "c"])).toEqual(["added", "added", "added"]);
  expect(roomIn(path)).toBe(2);
  const undone = await Promise.all([add(["d"]), add(["e", "f"], { allOrNone: true })]);
  expect(undone).toEqual([["added"], ["skipped", "full"]]);
  expect(roomIn(path)).toBe(1);

  const db = new SqliteDatabase(path);
  db.exec("BEGIN IMMEDIATE");
  expect(await add(["g", "h"], { tx: db })).toEqual(["added", "full"]);
  db.exec("ROLLBACK");
  db.close();
  expect(roomIn(path)).toBe(1);

  await store.configure("default", { capacity: 3 });
  expect(await add(["i"])).toEqual(["full"]);
  expect(roomIn(path)).toBe(null);
  expect(await store.remove({ ids: ["default:a", "default:b"] })).toBe(2);
  expect(await add(["i", "j"])).toEqual(["added", "full"]);
  expect(roomIn(path)).toBe(0);
});

function roomIn(path: string): unknown {
  const db = new SqliteDatabase(path, { readonly: true });
  try {
    return db.prepare("SELECT room FROM anyqueue_lanes WHERE name = 'default'").pluck().get();
  } finally {
    db.close();
  }
}
