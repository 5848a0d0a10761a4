import type { At } from "../contract/insert.ts";
import type { Store } from "../store/store.ts";
import { laneFull } from "./adder.ts";
import type { AddedGraph, AddedTree, ExistingFlow } from "./flow.ts";
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
    const isGraph = typeof flow === "object" && flow !== null && "jobs" in flow;
    const plan = isGraph ? planGraph(flow, this.#types) : planTree(flow, this.#types);
    const existing = await this.#insert(plan, at);
    return existing.length === 0 ? { status: "added", ...plan.added } : { status: "existing", existing };
  }

  /** Answers the jobs that kept it out. */
  async #insert({ inputs, made }: FlowPlan<unknown>, at: At<Tx> | undefined): Promise<ExistingFlow["existing"]> {
    const outcomes = await this.#store.insert(inputs, { ...at, allOrNone: true }, made);
    const full = inputs.find((_, i) => outcomes[i]?.status === "full");
    if (full) throw laneFull(full);
    return outcomes.flatMap((outcome) => {
      if (outcome.status !== "existing") return [];
      const { id, by, job } = outcome;
      return [{ id, by, job }];
    });
  }
}
