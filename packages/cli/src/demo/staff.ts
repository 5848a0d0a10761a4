import type { Task } from "./messages.ts";

/** Those who do the demo's jobs: processes, or workers inside this one. */
export interface Staff {
  /** How many jobs have ended, as far as the workers have told: for the progress, not for the accounts. */
  readonly done: number;
  /** How many workers were killed on purpose. */
  readonly kills: number;
  /** Why the work cannot be done. */
  readonly failure: Error | undefined;
  /** Gets ready. */
  assemble(): void;
  /** Begins to work. */
  start(task: Task): void;
  /** Ends one of the workers by SIGKILL, as a power cut would, and lets another one take its place. False if there was none. */
  killAny(): boolean;
  /** Lets everybody finish what is in hand. */
  stop(): Promise<void>;
  /** Ends everybody at once. */
  disband(): Promise<void>;
}
