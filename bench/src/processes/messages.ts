/** What the benchmark says to a worker process. */
export type Order =
  /** Claim and finish all that is due. */
  | { readonly do: "drain"; readonly single: boolean }
  /** Work until stopped, and report what ran every so many milliseconds; 0 at once. */
  | { readonly do: "work"; readonly everyMs: number }
  | { readonly do: "stop" };

/** What a worker process says. Times are those of the machine's monotonic clock, which processes share, in milliseconds. */
export type Report =
  | { readonly is: "ready" }
  | { readonly is: "drained"; readonly startedAt: number; readonly endedAt: number; readonly counts: Uint8Array }
  | { readonly is: "working" }
  /** Jobs that have begun since the last report, and when. */
  | { readonly is: "progress"; readonly ran: readonly number[]; readonly at: readonly number[] }
  | { readonly is: "stopped" }
  | { readonly is: "broken"; readonly reason: string };

/** The machine's monotonic clock in milliseconds. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
