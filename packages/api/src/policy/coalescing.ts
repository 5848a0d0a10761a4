import { checkJson } from "../check/check-json.ts";
import type { Settings } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { isTerminal, PRIORITIES } from "../contract/names.ts";
import type { JobInput } from "../store/job-input.ts";

/** Makes one payload of the stored one and one that is added. */
export type Merge = (stored: Json, added: Json) => unknown;

/** What an add does to a job that holds its unique key. */
export type Coalescing = { readonly on: "replace" } | { readonly on: "merge"; readonly merge: Merge };

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
    const merged = coalescing.merge(earlier.payload ?? job.payload, payload);
    return { ...earlier, payload: checkJson(merged, "the merged payload").value };
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

/** Lists append, objects take the new fields with their lists appended, and of anything else the newer counts. */
export function mergePayloads(stored: Json, added: Json): Json {
  const appended = append(stored, added);
  if (appended !== undefined) return appended;
  if (!isRecord(stored) || !isRecord(added)) return added;
  const fields = Object.entries(added).map(([key, value]): [string, Json] => [
    key,
    (Object.hasOwn(stored, key) ? append(stored[key] ?? null, value) : undefined) ?? value,
  ]);
  // Not assigned one by one, so that a key such as `__proto__` is a key like any other.
  return { ...stored, ...Object.fromEntries(fields) };
}

function append(stored: Json, added: Json): Json | undefined {
  if (!Array.isArray(stored) || !Array.isArray(added)) return undefined;
  return [...(stored as readonly Json[]), ...(added as readonly Json[])];
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
