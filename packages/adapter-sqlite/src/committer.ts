import type { Hint } from "@anyqueue/api";
import type { Database, Statement } from "better-sqlite3";
import { explain } from "./failures.ts";
import { patiently } from "./patience.ts";
import type { Statements } from "./statements.ts";
import { Ticks } from "./ticks.ts";
import { Transaction } from "./transaction.ts";

/** One verb's work. It must not keep anything outside the transaction, since it may have to run twice. */
type Work<T> = (tx: Transaction) => T;

/** What happens around commits. */
interface CommitterOptions {
  /** Throws when nothing can be committed. */
  readonly beforeCommit: () => void;
  readonly afterCommit: (hints: Iterable<Hint>) => void;
}

interface Task {
  readonly run: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** Set after a group failed: the task runs in a transaction of its own, so that it harms no other. */
  readonly alone: boolean;
}

/**
 * Commits verbs that come in the same tick in one immediate transaction, in their order, so that together they pay for
 * one fsync. Each keeps its own outcome: when one of a group fails, the group is rolled back and every verb of it runs
 * again by itself.
 */
export class Committer {
  readonly #db: Database;
  readonly #sql: Statements;
  readonly #path: string;
  readonly #tell: (hints: Iterable<Hint>) => void;
  readonly #beforeCommit: () => void;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #ticks = new Ticks();
  #queue: Task[] = [];
  #draining: Promise<void> | undefined;

  constructor(db: Database, sql: Statements, path: string, options: CommitterOptions) {
    this.#db = db;
    this.#sql = sql;
    this.#path = path;
    this.#tell = options.afterCommit;
    this.#beforeCommit = options.beforeCommit;
    this.#begin = db.prepare<[]>("BEGIN IMMEDIATE");
    this.#commit = db.prepare<[]>("COMMIT");
  }

  /** True when a transaction is about to happen anyway, so that a poll may as well join it. */
  get isExpecting(): boolean {
    return this.#queue.length > 0;
  }

  /** Runs the work in the next transaction; resolves once it is committed. */
  run<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run: work, resolve: resolve as (value: unknown) => void, reject, alone: false });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when everything that was asked for is committed or refused. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    // Not a microtask: what the same tick brings travels together, and a loop of awaited calls leaves room for timers.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      try {
        this.#beforeCommit();
        await patiently(this.#path, () => {
          this.#begin.run();
          // In the same step: whoever reads between the two would find the connection inside a transaction.
          this.#commitGroup(this.#takeGroup());
        });
      } catch (error) {
        this.#refuse(this.#queue.splice(0), error);
      }
    }
    this.#draining = undefined;
  }

  /** All that wait, also those who came while the lock was waited for; or one task that has to be alone. */
  #takeGroup(): Task[] {
    const alone = this.#queue.findIndex((task) => task.alone);
    return this.#queue.splice(0, alone === -1 ? this.#queue.length : Math.max(alone, 1));
  }

  #commitGroup(group: readonly Task[]): void {
    const tx = new Transaction(this.#sql, this.#ticks);
    const values: unknown[] = [];
    try {
      for (const task of group) values.push(task.run(tx));
      tx.finish();
    } catch (error) {
      this.#rollBack();
      if (group.length === 1) this.#refuse(group, error);
      else this.#queue.unshift(...group.map((task) => ({ ...task, alone: true })));
      return;
    }
    try {
      this.#commit.run();
    } catch (error) {
      this.#rollBack();
      this.#refuse(group, error);
      return;
    }
    group.forEach((task, i) => task.resolve(values[i]));
    this.#tell(tx.hints);
  }

  #rollBack(): void {
    this.#ticks.clear();
    // SQLite has rolled back already after some errors, such as a full disk.
    if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
  }

  #refuse(group: readonly Task[], error: unknown): void {
    const reason = explain(error, this.#path);
    for (const task of group) task.reject(reason);
  }
}
