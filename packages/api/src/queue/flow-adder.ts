import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Store } from "../store/store.ts";
import { laneFull } from "./adder.ts";
import type { AddedGraph, AddedTree, FlowIds, FlowStatus } from "./flow.ts";
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
      const { status, idOf } = await this.#insert(plan, at);
      return { ...status, ids: Object.fromEntries([...plan.shape].map(([name, id]) => [name, idOf(id)])) };
    }
    const plan = planTree(flow, this.#types);
    const { status, idOf } = await this.#insert(plan, at);
    return { ...status, ...(status.status === "added" ? plan.shape : renamed(plan.shape, idOf)) };
  }

  async #insert(
    { inputs, made }: FlowPlan<unknown>,
    at: At<Tx> | undefined,
  ): Promise<{ readonly status: FlowStatus; readonly idOf: (planned: string) => string }> {
    const outcomes = await this.#store.insert(inputs, { ...at, allOrNone: true }, made);
    const full = inputs.find((_, i) => outcomes[i]?.status === "full");
    if (full) throw laneFull(full);
    const existing = outcomes.filter((outcome) => outcome.status === "existing");
    const ids = new Map(existing.length === 0 ? [] : inputs.map(({ id = "" }, i) => [id, heldBy(outcomes[i]) ?? id]));
    return {
      status: {
        status: existing.length === 0 ? "added" : "existing",
        existing: existing.map(({ id, by, job }) => ({ id, by, job })),
      },
      idOf: (planned) => ids.get(planned) ?? planned,
    };
  }
}

/** The job that stands for one that exists, which another id may have because of a unique key. */
function heldBy(outcome: InsertOutcome | undefined): string | undefined {
  return outcome?.status === "existing" ? outcome.id : undefined;
}

/** Without recursion beyond what a flow that exists needs. */
function renamed({ id, children }: FlowIds, idOf: (planned: string) => string): FlowIds {
  return { id: idOf(id), children: children.map((child) => renamed(child, idOf)) };
}
