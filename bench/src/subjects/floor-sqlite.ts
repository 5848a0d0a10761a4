import Database from "better-sqlite3";
import { type JobOptions, numberIn, randomPriority, textOf } from "../jobs.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { batchFor, CLAIMED } from "./claim-loop.ts";
import { at } from "./place.ts";

const SCHEMA = `
  create table jobs (seq integer primary key, priority integer not null, run_at integer not null, active integer, payload text not null);
  create index ready on jobs (priority, run_at, seq) where active is null;
`;
const CLAIM = `
  update jobs set active = 1 where seq in (
    select seq from jobs where active is null and run_at <= +? order by priority, run_at, seq limit +?
  ) returning seq, payload`;

/** What better-sqlite3 itself can do with an ideal index: nothing but the storage work of a queue. Finished rows are deleted. */
export function floorSqlite(durability: "full" | "normal"): Subject {
  return {
    name: `floor sqlite ${durability.toUpperCase()}`,
    kind: "floor",
    durability: durability === "full" ? "power-loss" : "crash",
    batching: `adds by transaction, ${CLAIMED} claimed`,
    hasDelays: true,
    isVariant: durability === "normal",
    configuration: `adds in flight in one transaction; ${CLAIMED} finished and the next ${CLAIMED} claimed in one`,
    ...at("file", async (path, isNew) => connect(path, isNew, durability)),
  };
}

function connect(path: string, isNew: boolean, durability: string): Session {
  const db = new Database(path);
  if (isNew) {
    db.pragma("journal_mode = wal");
    db.exec(SCHEMA);
  }
  db.pragma(`synchronous = ${durability}`);
  const insert = db.prepare("insert into jobs (priority, run_at, payload) values (?, ?, ?)");
  const claim = db.prepare<[number, number], { seq: number; payload: string }>(CLAIM);
  const finish = db.prepare("delete from jobs where seq = ?");
  const add = (n: number, padding: string | undefined, priority = 512, delayMs = 0): unknown =>
    insert.run(priority, Date.now() + delayMs, textOf(n, padding));

  const insertMany = db.transaction((count: number, { first = 0, mixed, padding, delayMs }: JobOptions) => {
    for (let n = 0; n < count; n++) {
      add(first + n, padding, mixed ? randomPriority() : undefined, delayMs);
    }
  });
  const finishAndClaim = db.transaction((done: readonly number[], count: number) => {
    for (const seq of done) finish.run(seq);
    return claim.all(Date.now(), count);
  });

  return {
    add: async (n, padding) => add(n, padding),
    addTogether: async (callers, options) => insertMany(callers, options),
    addMany: async (count, options = {}) => insertMany(count, options),
    drain: async (ran, concurrency) => drain(ran, batchFor(concurrency)),
    close: async () => void db.close(),
  };

  function drain(ran: Ran, batch: number): void {
    let rows = finishAndClaim.immediate([], batch);
    while (rows.length > 0) {
      for (const { payload } of rows) ran(numberIn(payload));
      rows = finishAndClaim.immediate(
        rows.map(({ seq }) => seq),
        batch,
      );
    }
  }
}
