/** What the benchmark says to a worker process. */
export type Order =
  /** Claim and finish all that is due, and report when the first so many jobs began. */
  | { readonly do: "drain"; readonly first: number }
  /** Work until stopped, and report what ran every so many milliseconds; 0 at once. */
  | { readonly do: "work"; readonly everyMs: number }
  | { readonly do: "stop" };

/** Jobs by their numbers, and when it happened to each. */
export interface Moments {
  readonly jobs: readonly number[];
  readonly at: readonly number[];
}

/** What a worker process says. Times are those of the machine's monotonic clock, which processes share, in milliseconds. */
export type Report =
  | { readonly is: "ready" }
  | {
      readonly is: "drained";
      /** When the first jobs began, as many as were asked for, and when the last one did. */
      readonly firstAt: readonly number[];
      readonly lastAt: number;
      readonly counts: Uint8Array;
      /** The most memory that the process has ever had, in bytes. */
      readonly peakBytes: number;
    }
  | { readonly is: "working" }
  /** Jobs that have begun, and that are known to be stored as done, since the last report. */
  | { readonly is: "progress"; readonly begun: Moments; readonly finished: Moments }
  | { readonly is: "stopped" }
  | { readonly is: "broken"; readonly reason: string };

/** The machine's monotonic clock in milliseconds. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
