import type { Connection, Rows } from "./connection.ts";
import type { Statements } from "./statements.ts";
import { isBroken } from "./failures.ts";

/** A call that waits for the end of the turn. */
interface Waiting<T> {
  readonly values: readonly unknown[];
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** How many jobs are finished so quickly that it would take longer to ask for the next ones in a call of its own. */
const FEW = 16;

/**
 * A worker that has done its jobs finishes them and asks for the next ones in the same turn of the event loop; then the
 * two travel together: one round trip, one commit. Alone, each goes as itself; and so do many, since two connections finish
 * and claim at the same time.
 */
export class Pairing {
  readonly #connection: Pick<Connection, "query" | "answer">;
  readonly #sql: Statements;
  #settle: Waiting<unknown> | undefined;
  #poll: Waiting<Rows> | undefined;

  constructor(connection: Pick<Connection, "query" | "answer">, sql: Statements) {
    this.#connection = connection;
    this.#sql = sql;
  }

  /** As the function `settle`. */
  settle(values: readonly unknown[]): Promise<unknown> {
    const [ids] = values as [readonly string[]];
    if (this.#settle !== undefined || ids.length > FEW) return this.#connection.answer(this.#sql.settle, values);
    return new Promise((resolve, reject) => {
      this.#settle = { values, resolve, reject };
      this.#await();
    });
  }

  /** As the function `poll_jobs`. */
  poll(values: readonly unknown[]): Promise<Rows> {
    if (this.#poll !== undefined) return this.#connection.query(this.#sql.poll, values);
    return new Promise((resolve, reject) => {
      this.#poll = { values, resolve, reject };
      this.#await();
    });
  }

  #await(): void {
    if (this.#settle === undefined || this.#poll === undefined) setImmediate(() => void this.#send());
  }

  async #send(): Promise<void> {
    const [settle, poll] = [this.#settle, this.#poll];
    this.#settle = undefined;
    this.#poll = undefined;
    if (settle !== undefined && poll !== undefined) {
      try {
        const [settled, ...rows] = await this.#connection.query(this.#sql.settleAndPoll, [
          ...settle.values,
          ...poll.values,
        ]);
        settle.resolve(JSON.parse((settled?.[1] ?? "null") as string));
        poll.resolve(rows);
        return;
      } catch (error) {
        // Undone by the server, one must not suffer for the other, and each is sent by itself; else nobody knows.
        if (isBroken(error)) {
          settle.reject(error);
          poll.reject(error);
          return;
        }
      }
    }
    settle?.resolve(this.#connection.answer(this.#sql.settle, settle.values));
    poll?.resolve(this.#connection.query(this.#sql.poll, poll.values));
  }
}
