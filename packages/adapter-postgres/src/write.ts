import type { Answering } from "./connection.ts";
import { Hints } from "./hints.ts";
import type { Pairing } from "./pairing.ts";
import type { Statements } from "./statements.ts";

/** What a verb that writes works with: a way to the server, and what is to be told after the commit. */
export class Write {
  readonly sql: Statements;
  readonly hints = new Hints();
  /** When a commit is acknowledged (P1); null in the caller's transaction, where it is the caller's to say. */
  readonly durability: "on" | "off" | null;
  readonly answer: Answering["answer"];

  readonly settle: (values: readonly unknown[]) => Promise<unknown>;

  constructor(sql: Statements, server: Answering, durability: "on" | "off" | null, pairing?: Pairing) {
    this.sql = sql;
    this.answer = (command, values) => server.answer(command, values);
    this.settle = (values) => pairing?.settle(values) ?? server.answer(sql.settle, values);
    this.durability = durability;
  }

  /**
   * The same where jobs are leased, which always reaches the disk: else a server that crashes could give a token out a
   * second time, to the next holder of the same job, and the first one would pass for him (P13).
   */
  get leaseDurability(): "on" | null {
    return this.durability === null ? null : "on";
  }

  /** True in the caller's transaction, which an error would spoil (P5). */
  get isJoined(): boolean {
    return this.durability === null;
  }
}
