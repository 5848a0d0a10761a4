import type { Tally } from "./tally.ts";
import type { WorkPlan } from "./run-worker.ts";

/** What `work --processes` tells one of its processes. */
export type Order =
  | { readonly kind: "start"; readonly plan: WorkPlan; readonly json: boolean }
  | { readonly kind: "stop" };

/** What such a process tells. */
export type Word =
  | { readonly kind: "ready" }
  | { readonly kind: "finished"; readonly tally: Tally }
  /** It cannot work at all, and trying again would not help. */
  | {
      readonly kind: "refused";
      readonly failure: { readonly code: string; readonly message: string; readonly exitCode: number };
    };
