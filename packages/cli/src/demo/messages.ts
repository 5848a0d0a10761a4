import type { BackendChoice } from "../backend.ts";

/** What a worker needs to know to begin. */
export interface Task {
  readonly backend: BackendChoice;
  readonly lane: string;
  /** The folder. */
  readonly dir: string;
  /** In the first attempt at one of these jobs, stand still and say so: somebody will kill this process. */
  readonly haltAt: readonly string[];
}

/** What the demo tells a worker process. */
export type Order = { readonly kind: "start"; readonly task: Task } | { readonly kind: "stop" };

/** What a worker process tells the demo. */
export type Word =
  | { readonly kind: "ready" }
  /** It has its first job. */
  | { readonly kind: "working" }
  /** So many more jobs have ended. */
  | { readonly kind: "done"; readonly count: number }
  /** It stands in the middle of a job. */
  | { readonly kind: "halted" }
  | { readonly kind: "trouble"; readonly message: string };
