import { Type } from "typebox";
import { validator } from "../check/validator.ts";
import type { Catalog, Result, TypedJob, TypeOf } from "../queue/catalog.ts";
import type { Duration } from "../policy/duration.ts";

/** How `runUntilIdle` runs. */
export interface IdleOptions {
  /**
   * Whether to move the clock on to what becomes due later. With a duration it moves on by exactly that, running what falls
   * due on the way: the way to run schedules, which never end.
   */
  readonly advance?: boolean | Duration;
  /** After so many runs and moves of the clock something goes on forever, it seems; 1000 when absent. */
  readonly limit?: number;
}

/**
 * What became of an attempt. `retried`: it failed, and the job will be tried again. `failed`: it failed, and was the last.
 * `lost`: the job was no longer held when it came to be settled.
 */
export type AttemptOutcome = "completed" | "failed" | "retried" | "cancelled" | "snoozed" | "handed-back" | "lost";

/** An attempt at a job of a known type. */
export interface Attempt<C extends Catalog, T extends TypeOf<C>> {
  readonly type: T;
  /** The job as its handler was given it. */
  readonly job: TypedJob<C, T>;
  readonly outcome: AttemptOutcome;
  /** What the handler returned, where the outcome is `completed`. */
  readonly result?: Result<C, T>;
  /** What it threw. */
  readonly error?: unknown;
  /** When, by the test's clock, in epoch milliseconds. */
  readonly at: number;
}

/** An attempt that `runUntilIdle` made; its `type` tells which one. */
export type Ran<C extends Catalog = Catalog> = { [T in TypeOf<C>]: Attempt<C, T> }[TypeOf<C>];

const validate = validator(
  Type.Object(
    {
      advance: Type.Optional(Type.Unknown()),
      limit: Type.Optional(Type.Integer({ minimum: 1, description: "a whole number from 1" })),
    },
    { additionalProperties: false, description: "an object such as { advance: true }" },
  ),
);

/** Refuses options that are none. @throws QueueError `INVALID` naming the option. */
export function checkIdleOptions(options: IdleOptions): void {
  validate(options, "Cannot run until idle");
}
