import type {
  Change,
  EventQuery,
  Expectation,
  JobQuery,
  Json,
  LaneSettings,
  NewJob,
  PollRequest,
  RemoveQuery,
  Settings,
} from "@anyqueue/api";

/** A lease of a job, told without its token, which every store counts in its own way. */
export type LeaseName = "last" | "earlier" | "never";

/** A new job in the words of a script: what is left out is as usual, and times count from the step's own. */
export interface JobPlan extends Partial<Omit<NewJob, "id" | "lane" | "runAt">> {
  readonly id: string;
  /** Due so many milliseconds from the step, or before it. */
  readonly runIn?: number;
}

/** A change in the words of a script. */
export interface ChangePlan extends Omit<Change, "expect" | "set" | "spawn"> {
  readonly expect: Omit<Expectation, "token" | "version"> & {
    readonly token?: LeaseName;
    readonly version?: "last" | "earlier";
  };
  readonly set: Omit<Settings, "runAt"> & { readonly runIn?: number };
  readonly spawn?: readonly JobPlan[];
}

/** A user event in the words of a script. */
interface EntryPlan {
  readonly id: string;
  readonly event: Json;
  readonly token?: LeaseName;
}

/** What may be waited for: the end of a lease, a due time, or that a finished job has been kept for as long as some are. */
export type Moment = "lease" | "due" | "kept";

/** How far time goes on before a step: so many milliseconds, or to about the next such moment. */
export type Wait = number | { readonly until: Moment; readonly plus: number };

/** Each verb with what it is asked. */
type Deed =
  | { readonly verb: "insert"; readonly jobs: readonly JobPlan[]; readonly allOrNone?: true }
  | { readonly verb: "poll"; readonly request: Omit<PollRequest, "now" | "after"> }
  | { readonly verb: "cas"; readonly changes: readonly ChangePlan[] }
  | { readonly verb: "get"; readonly ids: readonly string[] }
  /** Page by page to the end; or one page that goes on where the last such page of this order left off. */
  | { readonly verb: "list"; readonly query: Omit<JobQuery, "now" | "after">; readonly page?: "first" | "next" }
  | { readonly verb: "remove"; readonly query: RemoveQuery }
  | { readonly verb: "append"; readonly entries: readonly EntryPlan[] }
  /** Page by page to the end, from the beginning or from where the last such reading ended. */
  | { readonly verb: "events"; readonly query: Omit<EventQuery, "after">; readonly goesOn?: true }
  | { readonly verb: "lanes" }
  | { readonly verb: "configure"; readonly lane: string; readonly settings: LaneSettings }
  /** Closes the client's handle and opens the store again. */
  | { readonly verb: "reopen" };

/**
 * One call of a script, as plain data that means the same on every store: ids are given, but leases, versions and cursors
 * are named, and times count from the step before.
 */
export type Step = Deed & {
  /** The client who makes the call; each has a handle of its own, where the store can be shared. */
  readonly by: string;
  readonly wait?: Wait;
};
