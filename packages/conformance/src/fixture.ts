import type { Adapter, Json } from "@anyqueue/api";

/** How the suite gets at the stores of one adapter. Only `name` and `open` are needed for a store of one process. */
export interface Fixture {
  /** Names the subject in titles and reports. */
  readonly name: string;
  /** Makes an adapter, not opened yet, on a new and empty store. */
  open(): Promise<Adapter> | Adapter;
  /** Makes another handle, not opened yet, on the same store: a second connection, or the first one after its close. */
  reopen?(adapter: Adapter): Promise<Adapter> | Adapter;
  /**
   * Ends a handle the hard way, as a crash would: nothing is flushed, nothing is handed back. It may end the server of the
   * store, too, which then runs again when this resolves; calls of other handles may fail with `UNAVAILABLE` meanwhile.
   */
  crash?(adapter: Adapter): Promise<void> | void;
  /** Removes what `open` made. Every handle is closed by then. */
  dispose?(adapter: Adapter): Promise<void> | void;
  /** Runs `work` inside a transaction of the caller's own, which commits afterwards, or rolls back if `work` throws. */
  transaction?(adapter: Adapter, work: (tx: never) => Promise<void>): Promise<void>;
  /** How another process opens the same store. */
  spawn?(adapter: Adapter): Connection;
}

/** A module that another process imports to reach a store. */
export interface Connection {
  /** The URL of a module that exports `connect(options)`, which answers an adapter that is not opened yet. */
  readonly module: string;
  /** Given to `connect`, as plain data. */
  readonly options: Json;
}
