import type { Job } from "../contract/job.ts";
import type { Catalog } from "./catalog.ts";
import type { AddRequest } from "./job-types.ts";

/** A job, and those that run before it; it finds their results by `ctx.dependencies()` (P20). */
export type FlowTree<C extends Catalog = Catalog> = AddRequest<C> & { readonly children?: readonly FlowTree<C>[] };

/** Jobs by names of your own, each after those it names (P20). */
export interface FlowGraph<C extends Catalog = Catalog, N extends string = string> {
  readonly jobs: { readonly [Name in N]: AddRequest<C> & { readonly after?: readonly NoInfer<N>[] } };
}

/** Nothing of a flow was added, because jobs with these ids or unique keys are there already. */
export interface ExistingFlow {
  readonly status: "existing";
  readonly existing: readonly { readonly id: string; readonly by: "id" | "unique"; readonly job: Job }[];
}

/** The ids of a tree's jobs, in its own shape. */
export interface FlowIds {
  readonly id: string;
  readonly children: readonly FlowIds[];
}

/** What became of a tree: it was added as a whole, or not at all. */
export type AddedTree = ({ readonly status: "added" } & FlowIds) | ExistingFlow;

/** What became of a graph: it was added as a whole, or not at all. */
export type AddedGraph<N extends string = string> =
  /** With the ids of its jobs by their names. */
  { readonly status: "added"; readonly ids: { readonly [Name in N]: string } } | ExistingFlow;
