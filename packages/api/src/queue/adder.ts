import { QueueError } from "../errors.ts";
import type { At } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import { DEFAULT_LANE, laneOf } from "../contract/names.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import type { Addition, AddOptions } from "./add-options.ts";
import { checkManyOptions } from "./call-options.ts";
import { type AddOutcome, Coalescer } from "./coalescer.ts";
import type { JobTypes } from "./job-types.ts";

/** What became of an `add`. */
export type Added =
  | { readonly id: string; readonly status: "added" }
  /** A job with this id, or one that holds the unique key, is kept, and nothing was changed (P3, P17). */
  | { readonly id: string; readonly status: "existing"; readonly by: "id" | "unique"; readonly job: Job }
  /** The job that holds the unique key was changed instead, as `unique.on` says. */
  | { readonly id: string; readonly status: "replaced" | "merged" };

/** How many jobs are added. */
export interface AddManyOptions {
  /** One that exists already, or a lane that is full, keeps all of them out (P4). */
  readonly allOrNone?: boolean;
}

/** Adds jobs, in the caller's transaction if there is one. */
export class Adder<Tx> {
  readonly #store: Pick<Store<Tx>, "insert" | "cas" | "capabilities" | "name">;
  readonly #types: JobTypes;
  readonly #coalescer: Coalescer<Tx>;

  constructor(store: Pick<Store<Tx>, "insert" | "cas" | "capabilities" | "name">, types: JobTypes) {
    this.#store = store;
    this.#types = types;
    this.#coalescer = new Coalescer(store);
  }

  async add(type: string, payload: unknown, options: AddOptions | undefined, at?: At<Tx>): Promise<Added> {
    const addition = this.#types.addition(type, payload, options);
    const [outcome] =
      addition.coalescing === undefined
        ? await this.#store.insert([addition.input], at)
        : at === undefined
          ? [await this.#coalescer.add(addition)]
          : await this.#coalesceIn(at, [addition]);
    return toAdded(addition.input, outcome);
  }

  async addMany(jobs: unknown, options: AddManyOptions, at?: At<Tx>): Promise<AddOutcome[]> {
    checkManyOptions(options, "Cannot add jobs");
    const { allOrNone } = options;
    const additions = this.#types.additions(jobs);
    const with_ = allOrNone === undefined ? at : { ...at, allOrNone };
    const coalescing = additions.findIndex((addition) => addition.coalescing !== undefined);
    if (coalescing < 0) {
      return await this.#store.insert(
        additions.map(({ input }) => input),
        with_,
      );
    }
    if (allOrNone === true) throw notInOneStep(coalescing, additions[coalescing]);
    return with_ === undefined ? this.#coalescer.addMany(additions) : this.#coalesceIn(with_, additions);
  }

  /** It takes an insert, and then a change of what was found. */
  async #coalesceIn(at: At<Tx>, additions: readonly Addition[]): Promise<AddOutcome[]> {
    const { capabilities, name } = this.#store;
    if (at.tx !== undefined && capabilities.transactions === "synchronous") {
      const on = additions.find(({ coalescing }) => coalescing)?.coalescing?.on;
      throw new QueueError(
        "UNSUPPORTED",
        `Cannot add in your transaction with \`unique.on: "${on}"\`: that takes two calls, and a transaction of the ${name} store may be committed between them. Use "keep", or add outside of the transaction.`,
      );
    }
    return this.#coalescer.addMany(additions, at);
  }
}

function notInOneStep(place: number, addition: Addition | undefined): QueueError {
  return new QueueError(
    "INVALID",
    `Cannot add job ${place}: with \`allOrNone\` nothing that exists is changed, so its \`unique.on\` cannot be "${addition?.coalescing?.on}". Use "keep", or leave out \`allOrNone\`.`,
  );
}

function toAdded(input: JobInput, outcome: AddOutcome | undefined): Added {
  if (outcome !== undefined && outcome.status !== "full" && outcome.status !== "skipped") return outcome;
  throw laneFull(input);
}

/** What to throw for a job whose lane takes no more of them (P19). */
export function laneFull({ type, id, lane = id?.includes(":") ? laneOf(id) : DEFAULT_LANE }: JobInput): QueueError {
  return new QueueError(
    "LANE_FULL",
    `Cannot add a ${type} job: lane ${lane} has as many unfinished jobs as its capacity allows. Add it again when workers have finished some, or raise it: queue.lane(${JSON.stringify(lane)}).configure({ capacity: … }).`,
  );
}
