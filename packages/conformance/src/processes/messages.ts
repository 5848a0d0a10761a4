import type { CasOutcome, NewJob } from "@anyqueue/api";
import type { Connection } from "../fixture.ts";
import type { Call } from "../history/call.ts";
import type { ClientPlan, Stage } from "../traffic/client.ts";

/** What a case tells another process to do with the store. */
export type Order = { readonly connection: Connection } & (
  | {
      readonly do: "drain";
      readonly lane: string;
      readonly limit: number;
      readonly holder: string;
      readonly now: number;
    }
  | { readonly do: "insert"; readonly jobs: readonly NewJob[]; readonly now: number }
  | { readonly do: "work"; readonly lane: string; readonly holder: string; readonly now: number }
  /** Leases one job by the store's clock, and completes it when it is told to, however late that is. */
  | { readonly do: "hold"; readonly lane: string; readonly leaseMs: number; readonly holder: string }
  /** Is some clients of a random traffic, for one stage after another. */
  | { readonly do: "traffic"; readonly plans: readonly ClientPlan[] }
);

/** What lets the other process begin, or go on. */
export type Signal = "go" | "end" | { readonly stage: Stage };

/** What the other process answers. */
export type Answer =
  | { readonly ready: true }
  /** Ids of jobs that it claimed, or that it was told are added. */
  | { readonly ids: readonly string[] }
  /** What became of the job that it held. */
  | { readonly outcome: CasOutcome }
  /** It is about to make a call. */
  | { readonly began: Call }
  /** The call at this place of all that it made has ended. */
  | { readonly ended: Pick<Call, "end" | "answer" | "error">; readonly place: number }
  /** It has made the calls of a stage. */
  | { readonly staged: true }
  | { readonly done: true }
  | { readonly failed: string };
