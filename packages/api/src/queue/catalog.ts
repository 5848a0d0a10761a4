import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Static, TSchema } from "typebox";
import type { Json } from "../contract/json.ts";
import type { Job } from "../contract/job.ts";
import type { PriorityName } from "../contract/names.ts";
import type { Duration } from "../policy/duration.ts";
import type { KeepOptions } from "./keep-options.ts";
import type { UniqueOptions } from "./unique.ts";

/** A TypeBox schema, or any library's that speaks Standard Schema (Zod, Valibot, ArkType, …). */
export type Schema = TSchema | StandardSchemaV1;

/** A backoff as a user writes it, with durations such as `"30s"`. */
export interface BackoffOptions {
  readonly type: "fixed" | "linear" | "exponential";
  readonly delay: Duration;
  /** An upper bound, jitter included. */
  readonly max?: Duration;
  /** 0 … 1: up to this share is added at random. */
  readonly jitter?: number;
}

/** What is known of one type of job. */
export interface JobDefinition {
  /** Checked when a job is added. */
  readonly payload?: Schema;
  /** Checked when a handler returns. */
  readonly result?: Schema;
  readonly lane?: string;
  readonly priority?: number | PriorityName;
  readonly maxAttempts?: number;
  readonly backoff?: BackoffOptions;
  /** How long one attempt may take. */
  readonly timeout?: Duration;
  /** At most one such job at a time (P17); `true` compares payloads. */
  readonly unique?: boolean | UniqueOptions;
  /** Jobs of one lane and key run one at a time (P18); a function takes the key from the payload, or answers that there is none. */
  readonly orderingKey?: string | OrderingKeyFunction;
  /** How long such jobs are kept once they have ended (P26). */
  readonly keep?: KeepOptions;
}

/** Written as a method, so that a definition may say what payloads it expects. */
type OrderingKeyFunction = { of(this: void, payload: Json): string | undefined }["of"];

/** The types of jobs that an application has, by name. */
export type Catalog = { readonly [type: string]: JobDefinition };

/** What a schema takes. */
type InputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : S extends TSchema ? Static<S> : Json;

/** What a schema yields. */
type OutputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : S extends TSchema ? Static<S> : Json;

/** The names of a catalogue's types; any string when there is no catalogue. */
export type TypeOf<C extends Catalog> = keyof C & string;

/**
 * The payload that `add` takes for a type. Without a schema anything that JSON can carry, which is checked at run time:
 * the compiler takes no interface for `Json`, only type aliases.
 */
export type PayloadInput<C extends Catalog, T extends TypeOf<C>> = C[T] extends { readonly payload: infer S }
  ? InputOf<S>
  : unknown;

/** The payload that a handler is given. */
export type Payload<C extends Catalog, T extends TypeOf<C>> = C[T] extends { readonly payload: infer S }
  ? OutputOf<S>
  : Json;

/** What a handler may return. Without a schema anything that JSON can carry, which is checked at run time. */
export type ResultInput<C extends Catalog, T extends TypeOf<C>> = C[T] extends { readonly result: infer S }
  ? InputOf<S>
  : unknown;

/** What `queue.result` resolves to. */
export type Result<C extends Catalog, T extends TypeOf<C>> = C[T] extends { readonly result: infer S }
  ? OutputOf<S>
  : Json | undefined;

/** A job whose type and payload are known. */
export type TypedJob<C extends Catalog, T extends TypeOf<C>> = Omit<Job, "type" | "payload"> & {
  readonly type: T;
  readonly payload: Payload<C, T>;
};

/** Declares the types of jobs an application has, so that payloads, results and handlers are typed and checked. */
export function defineJobs<const C extends Catalog>(jobs: C): C {
  return jobs;
}
