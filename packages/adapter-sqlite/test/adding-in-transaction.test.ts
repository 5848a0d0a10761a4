import { openQueue, type Queue } from "@anyqueue/api";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { temporaryPath } from "./files.ts";

const merging = { unique: { key: "k", on: "merge" } } as const;

describe("P5 what a queue adds in the caller's transaction", () => {
  let queue: Queue<Record<string, object>, Database>;
  let db: Database;

  beforeEach(async () => {
    const path = temporaryPath();
    queue = await openQueue(`sqlite:${path}`);
    db = new SqliteDatabase(path);
    onTestFinished(async () => {
      db.close();
      await queue.close();
    });
  });

  const payloads = async (): Promise<unknown[]> => (await queue.list()).items.map(({ payload }) => payload);

  it("P17 merges and replaces in it, and takes all of it back with it", async () => {
    await queue.add("a", [1], merging);

    db.exec("BEGIN IMMEDIATE");
    expect((await queue.in(db).add("a", [2], merging)).status).toBe("merged");
    const outcomes = await queue.in(db).addMany([
      { type: "a", payload: [3], options: merging },
      { type: "b", payload: 1, options: merging },
      { type: "b", payload: 2, options: { unique: { key: "k", on: "replace" } } },
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["merged", "added", "replaced"]);
    expect(await payloads()).toEqual([[1]]);
    db.exec("ROLLBACK");
    expect(await payloads()).toEqual([[1]]);

    db.exec("BEGIN IMMEDIATE");
    await queue.in(db).add("a", [4], merging);
    db.exec("COMMIT");
    expect(await payloads()).toEqual([[1, 4]]);
  });

  it("P20 adds flows in it", async () => {
    db.exec("BEGIN IMMEDIATE");
    const flow = await queue.in(db).flow({ type: "parent", payload: 1, children: [{ type: "child", payload: 2 }] });
    const graph = await queue.in(db).flow({ jobs: { a: { type: "x", payload: 1 } } });
    expect(await queue.get([flow.id, graph.ids.a])).toEqual([null, null]);
    db.exec("COMMIT");

    expect(await queue.get(flow.id)).toMatchObject({ state: "blocked", dependsOn: [flow.children[0]?.id] });
  });
});
