import type { CasOutcome } from "../contract/change.ts";
import type { AppendOutcome, NewEvent } from "../contract/event.ts";
import type { At } from "../contract/insert.ts";
import type { ChangeInput } from "../store/change-input.ts";
import type { Store } from "../store/store.ts";
import type { AddOptions } from "./add-options.ts";
import type { Added, Adder, AddManyOptions } from "./adder.ts";
import type { Catalog, Payload, PayloadInput, TypeOf } from "./catalog.ts";
import type { AddOutcome } from "./coalescer.ts";
import type { AddedGraph, AddedTree, FlowGraph, FlowTree } from "./flow.ts";
import type { FlowAdder } from "./flow-adder.ts";
import type { AddRequest } from "./job-types.ts";

/** What can be done inside the caller's own transaction (P5). */
export interface InTransaction<C extends Catalog> {
  add<T extends TypeOf<C>>(type: T, payload: PayloadInput<C, T>, options?: AddOptions<Payload<C, T>>): Promise<Added>;
  addMany(jobs: readonly AddRequest<C>[], options?: AddManyOptions): Promise<AddOutcome[]>;
  flow<N extends string>(graph: FlowGraph<C, N>): Promise<AddedGraph<N>>;
  flow(tree: FlowTree<C>): Promise<AddedTree>;
  cas(changes: readonly ChangeInput[]): Promise<CasOutcome[]>;
  append(entries: readonly NewEvent[]): Promise<AppendOutcome[]>;
}

/** What those verbs go through. */
interface Ways<Tx> {
  readonly store: Pick<Store<Tx>, "cas" | "append">;
  readonly adder: Adder<Tx>;
  readonly flows: FlowAdder<Tx>;
}

/** The verbs, bound to a transaction. */
export function inTransaction<C extends Catalog, Tx>({ store, adder, flows }: Ways<Tx>, tx: Tx): InTransaction<C> {
  const at: At<Tx> = { tx };
  return {
    add: (type, payload, options) => adder.add(type, payload, options as AddOptions | undefined, at),
    addMany: (jobs, options = {}) => adder.addMany(jobs, options, at),
    flow: (flow: unknown) => flows.add(flow, at) as Promise<never>,
    cas: (changes) => store.cas(changes, at),
    append: (entries) => store.append(entries, at),
  };
}
