import SqliteDatabase from "better-sqlite3";
import { expect, it } from "vitest";
import { claim, job, jobs, NOW, openStore, temporaryPath } from "./files.ts";

it("P13 gives higher and higher tokens when several handles claim by turns", async () => {
  const path = temporaryPath();
  const handles = [await openStore({ path }), await openStore({ path })] as const;
  await handles[0].insert(jobs(200), { now: NOW });

  const tokens: number[] = [];
  for (const turn of [0, 0, 1, 0, 1, 1, 0]) {
    for (const limit of [1, 3, 1]) {
      for (const { token } of await claim(handles[turn] ?? handles[0], limit)) tokens.push(token);
    }
  }

  expect(tokens).toHaveLength(35);
  expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
});

it("P13 gives no token again that was given after a group was rolled back", async () => {
  const path = temporaryPath();
  const [store, other] = [await openStore({ path }), await openStore({ path })];
  await store.insert(jobs(9), { now: NOW });

  // The claim comes behind something that is written, so that it does not look first, and is in the group that fails.
  const outcomes = await Promise.allSettled([
    store.append([{ id: "default:0", event: "noted" }], { now: NOW }),
    claim(store, 1),
    store.insert([job("bad", { runAt: 1.5 })], { now: NOW }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);

  const tokens = [...(await claim(store, 1)), ...(await claim(other, 1))].map(({ token }) => token);
  expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
});

it("P13 gives no token again that was given after all of a call was undone", async () => {
  const path = temporaryPath();
  const [store, other] = [await openStore({ path }), await openStore({ path })];
  await store.insert(jobs(9), { now: NOW });
  const custom = job("custom", { state: "review" });
  await store.insert([custom, job("0", { payload: "another" })], { now: NOW, allOrNone: true });

  const tokens = [...(await claim(store, 1)), ...(await claim(other, 1))].map(({ token }) => token);
  expect(await store.get([custom.id])).toEqual([null]);
  expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
});

it("takes none ahead in a transaction of the caller's, which gives no more than it asked for", async () => {
  const path = temporaryPath();
  const store = await openStore({ path });
  const db = new SqliteDatabase(path);
  db.exec("BEGIN IMMEDIATE");
  const added = [job("a", { state: "review" }), job("b", { state: "review" })].map((each) =>
    store.insert([each], { now: NOW, tx: db }),
  );
  db.exec("COMMIT");
  await Promise.all(added);
  expect(db.prepare("SELECT last_tick FROM anyqueue_counter").pluck().get()).toBe(2);
  db.close();
});
