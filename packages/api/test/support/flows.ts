import type { AddedGraph, AddedTree } from "@anyqueue/api";

/** The flow that a call has added. */
export async function added<F extends AddedTree | AddedGraph>(
  adding: Promise<F>,
): Promise<Extract<F, { readonly status: "added" }>> {
  const flow = await adding;
  if (flow.status === "added") return flow as Extract<F, { readonly status: "added" }>;
  throw new Error(`${flow.existing.length} of its jobs exist.`);
}
