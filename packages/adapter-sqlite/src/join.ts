import { statSync } from "node:fs";
import { QueueError } from "@anyqueue/api";
import type { Database } from "better-sqlite3";
import { explain } from "./failures.ts";
import { prepare, type Statements } from "./statements.ts";
import { Ticks } from "./ticks.ts";
import { Transaction } from "./transaction.ts";

const prepared = new WeakMap<Database, Statements>();

/**
 * Does the work at once, inside the transaction that the caller has open on a connection of his own (P5). It is undone
 * whole if it fails half way, and wakes nobody: other processes and this one see the commit by its data version.
 */
export function join<T>(caller: Database, path: string, work: (tx: Transaction) => T): T {
  check(caller, path);
  try {
    // None ahead: whether they are taken is the caller's to say, and after this call nobody would give them.
    const tx = new Transaction(statementsOf(caller), new Ticks(1));
    caller.exec("SAVEPOINT anyqueue");
    try {
      const value = work(tx);
      tx.finish();
      caller.exec("RELEASE anyqueue");
      return value;
    } catch (error) {
      // Gone when SQLite itself rolled the whole transaction back, as on a full disk.
      if (caller.inTransaction) caller.exec("ROLLBACK TO anyqueue; RELEASE anyqueue");
      throw error;
    }
  } catch (error) {
    throw explain(error, path);
  }
}

function check(caller: Database, path: string): void {
  if (!caller.open || !caller.inTransaction) {
    throw new QueueError(
      "INVALID",
      'The `tx` given has no open transaction. Begin one first, with db.exec("BEGIN IMMEDIATE") or db.transaction(…).immediate().',
    );
  }
  const [main] = caller.pragma("database_list") as { file: string }[];
  if (main === undefined || !isSameFile(main.file, path)) {
    throw new QueueError(
      "INVALID",
      `The \`tx\` given is a connection to ${main?.file || "memory"}, but the jobs are in ${path}.`,
    );
  }
}

function statementsOf(caller: Database): Statements {
  const known = prepared.get(caller);
  if (known !== undefined) return known;
  const statements = prepare(caller);
  prepared.set(caller, statements);
  return statements;
}

/** By inode, since the caller may have come by another path. */
function isSameFile(file: string, path: string): boolean {
  const a = file === "" ? undefined : statSync(file, { throwIfNoEntry: false });
  const b = statSync(path, { throwIfNoEntry: false });
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
