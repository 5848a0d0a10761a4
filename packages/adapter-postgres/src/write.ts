import type { Answering } from "./connection.ts";
import { Hints } from "./hints.ts";
import type { KnownLanes } from "./known-lanes.ts";
import type { Pairing } from "./pairing.ts";
import type { Statements } from "./statements.ts";

/** What the writes of one process have in common. */
interface Shared {
  readonly lanes: KnownLanes;
  /** Absent in the caller's transaction, where nothing travels with anything else. */
  readonly pairing?: Pairing;
}

/** What a verb that writes works with: a way to the server, and what is to be told after the commit. */
export class Write {
  readonly sql: Statements;
  readonly hints = new Hints();
  /** When a commit is acknowledged (P1); null in the caller's transaction, where it is the caller's to say. */
  readonly durability: "on" | "off" | null;
  readonly answer: Answering["answer"];

  readonly lanes: KnownLanes;
  readonly settle: (values: readonly unknown[]) => Promise<unknown>;

  constructor(sql: Statements, server: Answering, durability: "on" | "off" | null, { pairing, lanes }: Shared) {
    this.sql = sql;
    this.lanes = lanes;
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
