import type { At } from "../contract/insert.ts";
import type { Store } from "../store/store.ts";
import { laneFull } from "./adder.ts";
import type { AddedGraph, AddedTree, FlowStatus } from "./flow.ts";
import { type FlowPlan, planGraph, planTree } from "./flow-plan.ts";
import type { JobTypes } from "./job-types.ts";

/** Adds trees and graphs of jobs, each in one step: all of it or nothing (P4, P20). */
export class FlowAdder<Tx> {
  readonly #store: Pick<Store<Tx>, "insert">;
  readonly #types: JobTypes;

  constructor(store: Pick<Store<Tx>, "insert">, types: JobTypes) {
    this.#store = store;
    this.#types = types;
  }

  async add(flow: unknown, at?: At<Tx>): Promise<AddedTree | AddedGraph> {
    if (typeof flow === "object" && flow !== null && "jobs" in flow) {
      const plan = planGraph(flow, this.#types);
      const status = await this.#insert(plan, at);
      return { ...status, ids: Object.fromEntries([...plan.shape].map(([name, { id }]) => [name, id])) };
    }
    const plan = planTree(flow, this.#types);
    const status = await this.#insert(plan, at);
    return { ...status, ...plan.shape };
  }

  async #insert({ inputs, made, nodes }: FlowPlan<unknown>, at: At<Tx> | undefined): Promise<FlowStatus> {
    const outcomes = await this.#store.insert(inputs, { ...at, allOrNone: true }, made);
    const full = inputs.find((_, i) => outcomes[i]?.status === "full");
    if (full) throw laneFull(full);
    const existing = outcomes.flatMap((outcome, i) => {
      const node = nodes[i];
      if (outcome.status !== "existing" || !node) return [];
      const { id, by, job } = outcome;
      node.id = id;
      return [{ id, by, job }];
    });
    return { status: existing.length === 0 ? "added" : "existing", existing };
  }
}
