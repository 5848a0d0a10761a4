/** One queue or raw driver, opened on an empty store. */
export interface Session {
  /** Stores one job; resolves when it is as durable as the subject says. */
  add(n: number): Promise<unknown>;
  /** A floor's stand-in for this many callers adding at once: their jobs in one transaction. */
  addTogether?(callers: number): Promise<unknown>;
  /** Stores many jobs in one call. */
  addMany(count: number): Promise<unknown>;
  /**
   * Claims and finishes every job that is due, and answers how many handlers ran. `single`: one job at a time, as a
   * worker of concurrency 1 does; otherwise the subject's best configuration.
   */
  drain(single: boolean): Promise<number>;
  /** Milliseconds from `add` to the start of the handler on an idle queue, for each of `count` jobs. */
  latency?(count: number): Promise<number[]>;
  close(): Promise<void>;
}

/** What is measured. */
export interface Subject {
  readonly name: string;
  /** What an acknowledged job survives; printed beside every number. */
  readonly durability: string;
  /** The name of the floor it is compared with; a floor has none. */
  readonly floor?: string;
  open(): Promise<Session>;
}
