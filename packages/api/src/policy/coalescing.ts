import { checkJson } from "../check/check-json.ts";
import type { Settings } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { isTerminal, PRIORITIES } from "../contract/names.ts";
import type { JobInput } from "../store/job-input.ts";

/** Makes one payload of the stored one and one that is added. */
export type Merge = (stored: Json, added: Json) => unknown;

/** What an add does to a job that holds its unique key. */
export type Coalescing =
  | { readonly on: "replace" }
  | {
      readonly on: "merge";
      readonly merge: Merge;
      /** Throws when the payload that was made of both does not fit the type, and answers it otherwise. */
      readonly check?: (merged: unknown) => unknown;
    };

/** A job to add, with what it replaces of the stored one: only what its caller has named. */
export type Newcomer = Pick<JobInput, "payload" | "priority" | "runAt" | "delayMs">;

/** Whether a job may still be changed by an add: nobody works on it, and it has not ended (P17). */
export function isOpen(job: Job): boolean {
  return job.lease === undefined && !isTerminal(job.state);
}

/**
 * What an add sets in the job that holds its unique key (P17). `replace` takes the new payload, and the priority and due
 * time where they are given, which makes a debounce; `merge` makes one payload of both and leaves the rest as it is.
 * `earlier` is what other adds of the same call have set already.
 */
export function coalesce(job: Job, newcomer: Newcomer, coalescing: Coalescing, earlier: Settings = {}): Settings {
  const payload = checkJson(newcomer.payload, "payload").value;
  if (coalescing.on === "merge") {
    return { ...earlier, payload: checkMerged(coalescing, coalescing.merge(earlier.payload ?? job.payload, payload)) };
  }
  const { priority, runAt, delayMs } = newcomer;
  const { runAt: _runAt, delayMs: _delayMs, ...kept } = earlier;
  const due = runAt !== undefined ? { runAt } : delayMs !== undefined ? { delayMs } : undefined;
  return {
    ...(due ? kept : earlier),
    ...due,
    payload,
    ...(priority !== undefined && { priority: typeof priority === "string" ? PRIORITIES[priority] : priority }),
  };
}

/** A merged payload as it can be stored. @throws QueueError `INVALID` or `TOO_LARGE`, and what the type's check throws. */
export function checkMerged({ check }: Extract<Coalescing, { readonly on: "merge" }>, merged: unknown): Json {
  return checkJson(check ? check(merged) : merged, "the merged payload").value;
}

/** Lists append, objects take the new fields with their lists appended, and of anything else the newer counts. */
export function mergePayloads(stored: Json, added: Json): Json {
  return mergeAll(stored, [added]);
}

/** The same for many that are added, one after the other, in a time that grows with what they hold together. */
export function mergeAll(stored: Json, added: readonly Json[]): Json {
  const merged = new Merged(stored, true);
  for (const each of added) merged.add(each);
  return merged.value();
}

/** A value that others are merged into, in place. */
class Merged {
  readonly #isWhole: boolean;
  #value: Json;
  /** What the value has grown to, once something was added to it. */
  #items: Json[] | undefined;
  #fields: Map<string, Merged> | undefined;

  /** A whole payload, or a field of one. */
  constructor(value: Json, isWhole: boolean) {
    this.#value = value;
    this.#isWhole = isWhole;
  }

  add(value: Json): void {
    if (Array.isArray(value) && Array.isArray(this.#value)) {
      this.#items ??= [...(this.#value as readonly Json[])];
      for (const item of value as readonly Json[]) this.#items.push(item);
    } else if (this.#isWhole && isRecord(value) && isRecord(this.#value)) {
      this.#fields ??= new Map(Object.entries(this.#value).map(([key, field]) => [key, new Merged(field, false)]));
      for (const [key, field] of Object.entries(value)) {
        const known = this.#fields.get(key);
        if (known) known.add(field);
        else this.#fields.set(key, new Merged(field, false));
      }
    } else {
      this.#value = value;
      this.#items = undefined;
      this.#fields = undefined;
    }
  }

  value(): Json {
    if (this.#items) return this.#items;
    if (!this.#fields) return this.#value;
    // Not assigned one by one, so that a key such as `__proto__` is a key like any other.
    return Object.fromEntries([...this.#fields].map(([key, field]) => [key, field.value()]));
  }
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
