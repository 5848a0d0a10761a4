import { openQueue, type Queue, type QueueError } from "@anyqueue/api";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { temporaryPath } from "./files.ts";

const merging = { unique: { key: "k", on: "merge" } } as const;

/** What a promise is rejected with. */
function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error("Nothing was thrown."),
    (reason: unknown) => reason,
  );
}

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

  it("P17 neither merges nor replaces in it, which a synchronous one would not wait for, and says so before anything is done", async () => {
    await queue.add("a", [1], merging);
    const refused: Promise<unknown>[] = [];

    db.transaction(() => {
      const jobs = queue.in(db);
      refused.push(
        rejectionOf(jobs.add("a", [2], merging)),
        rejectionOf(jobs.add("new", [2], { unique: { key: "k", on: "replace" } })),
        rejectionOf(
          jobs.addMany([
            { type: "b", payload: 1 },
            { type: "a", payload: [3], options: merging },
          ]),
        ),
      );
    }).immediate();

    const errors = await Promise.all(refused);
    expect(errors.map((error) => (error as QueueError).code)).toEqual(Array(3).fill("UNSUPPORTED"));
    expect(String(errors[0])).toContain('Use "keep"');
    expect(await payloads()).toEqual([[1]]);
  });

  it("P17 keeps what is there, also in a synchronous one", async () => {
    const added: Promise<{ readonly status: string }>[] = [];
    db.transaction(() => {
      added.push(queue.in(db).add("a", 1, { unique: true }), queue.in(db).add("a", 1, { unique: true }));
    }).immediate();

    expect((await Promise.all(added)).map(({ status }) => status)).toEqual(["added", "existing"]);
    expect(await payloads()).toEqual([1]);
  });

  it("P12 makes several changes of one job in a synchronous one", async () => {
    const { id } = await queue.add("a", 1);
    const change = (version: number) => ({ id, expect: { version }, set: { priority: version } });
    const outcomes: Promise<unknown>[] = [];

    db.transaction(() => void outcomes.push(queue.in(db).cas([change(1), change(2), change(2)]))).immediate();

    expect(await outcomes[0]).toMatchObject([{ status: "ok" }, { status: "ok" }, { status: "conflict" }]);
    expect(await queue.get(id)).toMatchObject({ version: 3, priority: 2 });
  });

  it("P13a P5 adds what a handler asks for before it completes its job in it, and refuses what comes after", async () => {
    const { id } = await queue.add("a", {});
    const errors: unknown[] = [];
    queue.work({
      a: async (_, ctx) => {
        db.exec("BEGIN IMMEDIATE");
        ctx.spawn("before", {});
        await ctx.complete({ n: 1 }, { tx: db });
        for (const call of [() => ctx.spawn("after", {}), () => ctx.replaceWith([]), () => ctx.snooze(1)]) {
          try {
            call();
          } catch (error) {
            errors.push(error);
          }
        }
        db.exec("COMMIT");
      },
    });

    expect(await queue.result(id, { timeout: "10s" })).toEqual({ n: 1 });
    expect(errors.map(String)).toEqual(Array(3).fill(expect.stringContaining("before `ctx.complete`")));
    expect((await queue.list({ lanes: ["default"] })).items.map(({ type }) => type)).toEqual(["a", "before"]);
  });

  it("P20 adds flows in it", async () => {
    db.exec("BEGIN IMMEDIATE");
    const flow = await queue.in(db).flow({ type: "parent", payload: 1, children: [{ type: "child", payload: 2 }] });
    const graph = await queue.in(db).flow({ jobs: { a: { type: "x", payload: 1 } } });
    if (flow.status !== "added" || graph.status !== "added") throw new Error("Some of it exists.");
    expect(await queue.get([flow.id, graph.ids.a])).toEqual([null, null]);
    db.exec("COMMIT");

    expect(await queue.get(flow.id)).toMatchObject({ state: "blocked", dependsOn: [flow.children[0]?.id] });
  });
});
