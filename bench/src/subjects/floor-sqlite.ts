import { join } from "node:path";
import Database from "better-sqlite3";
import type { Session, Subject } from "../subject.ts";
import { scratch } from "./scratch.ts";

const SCHEMA = `
  create table jobs (seq integer primary key, priority integer not null, run_at integer not null, active integer, payload text not null);
  create index ready on jobs (priority, run_at, seq) where active is null;
`;
const CLAIM = `
  update jobs set active = 1 where seq in (
    select seq from jobs where active is null and run_at <= +? order by priority, run_at, seq limit +?
  ) returning seq, payload`;
// As many as a queue hands out together; larger batches save fsyncs that a queue with one job at hand cannot save.
const BATCH = 100;

/** What better-sqlite3 itself can do with an ideal index: nothing but the storage work of a queue. */
export function floorSqlite(durability: "full" | "normal"): Subject {
  const name = `floor sqlite ${durability.toUpperCase()}`;
  return { name, durability: durability === "full" ? "power-loss" : "crash", open: () => open(durability) };
}

async function open(durability: string): Promise<Session> {
  const folder = await scratch();
  const db = new Database(join(folder.path, "floor.db"));
  db.pragma("journal_mode = wal");
  db.pragma(`synchronous = ${durability}`);
  db.exec(SCHEMA);
  const insert = db.prepare("insert into jobs (priority, run_at, payload) values (512, ?, ?)");
  const claim = db.prepare<[number, number], { seq: number; payload: string }>(CLAIM);
  // Finished jobs stay, as they do in the queue: their results can be read, and an id is known again.
  const finish = db.prepare("update jobs set active = 2 where seq = ?");
  const add = (n: number): unknown => insert.run(Date.now(), JSON.stringify({ n }));

  const insertMany = db.transaction((count: number) => {
    for (let n = 0; n < count; n++) add(n);
  });
  const finishAndClaim = db.transaction((done: readonly number[], count: number) => {
    for (const seq of done) finish.run(seq);
    return claim.all(Date.now(), count);
  });

  return {
    add: async (n) => add(n),
    addTogether: async (callers) => insertMany(callers),
    addMany: async (count) => insertMany(count),
    drain: async (single) => (single ? drainSingle() : drainBatches()),
    close: async () => {
      db.close();
      await folder.remove();
    },
  };

  function drainSingle(): number {
    for (let count = 0; ; count++) {
      const [row] = claim.all(Date.now(), 1);
      if (!row) return count;
      JSON.parse(row.payload);
      finish.run(row.seq);
    }
  }

  function drainBatches(): number {
    let count = 0;
    let done: number[] = [];
    for (;;) {
      const rows = finishAndClaim.immediate(done, BATCH);
      if (rows.length === 0) return count;
      for (const row of rows) JSON.parse(row.payload);
      count += rows.length;
      done = rows.map(({ seq }) => seq);
    }
  }
}
