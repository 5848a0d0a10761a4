import { checkJson } from "../check/check-json.ts";
import { asPredicate, type Where } from "../check/check-predicate.ts";
import { ChangeSchema } from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import type { Change, Expectation, Settings } from "../contract/change.ts";
import { isTerminal } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import { refuseCycles } from "./cycles.ts";
import { checkJob, type JobInput } from "./job-input.ts";

/** A change as it is handed to `Store.cas`; predicates and spawned jobs may be short. */
export interface ChangeInput extends Omit<Change, "expect" | "spawn"> {
  readonly expect: Omit<Expectation, "where"> & { readonly where?: Where };
  readonly spawn?: readonly JobInput[];
}

/** A checked change, with an upper bound of its size in bytes. */
export interface CheckedChange {
  readonly change: Change;
  readonly bytes: number;
}

const validate = validator(ChangeSchema);

/**
 * Checks a change and brings it into the contract's form.
 *
 * @throws QueueError `INVALID` or `TOO_LARGE`, naming the field.
 */
export function checkChange(input: ChangeInput, subject: string): CheckedChange {
  validate(input, subject);
  const { expect, spawn } = input;
  if (expect.state === undefined && expect.token === undefined && expect.version === undefined) {
    throw new QueueError("INVALID", `${subject}: \`expect\` must name a state, a token or a version.`);
  }
  checkTransition(input.set, subject);
  const { set, bytes: setBytes } = copyValues(input.set);
  const event = input.event === undefined ? undefined : checkJson(input.event, "event");
  const children = spawn?.map((child, i) => checkJob(child, `${subject}, spawn[${i}]`));
  const spawned = children?.map((child) => child.job);
  if (spawned?.some(({ dependsOn }) => dependsOn !== undefined)) refuseCycles(spawned, "spawn");
  const change = {
    id: input.id,
    // Copied, as all of the change is: it may be sent only after the caller has changed the original.
    expect: expect.where === undefined ? { ...expect } : { ...expect, where: asPredicate(expect.where, "where") },
    set,
    ...(event && { event: event.value }),
    ...(spawned && { spawn: spawned }),
  };
  const bytes = (children ?? []).reduce((sum, child) => sum + child.bytes, 200 + setBytes + (event?.bytes ?? 0));
  return { change: change as Change, bytes };
}

const VALUES = ["payload", "progress", "result", "error"] as const;

function copyValues(set: Settings): { set: Settings; bytes: number } {
  const copy = { ...set };
  let bytes = 0;
  for (const field of VALUES) {
    if (set[field] === undefined) continue;
    const checked = checkJson(set[field], `set.${field}`);
    (copy as Record<string, unknown>)[field] = checked.value;
    bytes += checked.bytes;
  }
  return { set: copy, bytes };
}

function checkTransition(set: Settings, subject: string): void {
  const { state, leaseMs, cancel, runAt, delayMs } = set;
  const refuse = (what: string): never => {
    throw new QueueError("INVALID", `${subject}: ${what}`);
  };
  if (runAt !== undefined && delayMs !== undefined) refuse("give `set.runAt` or `set.delayMs`, not both.");
  if (cancel && state !== undefined) refuse("`set.cancel` decides the state itself; leave out `set.state`.");
  if (state === "active" && leaseMs === undefined) refuse("a job becomes `active` by a poll with a lease only.");
  if (state === "blocked") refuse("a job becomes `blocked` by `dependsOn` only.");
  if (state !== undefined && isTerminal(state) && leaseMs !== undefined) {
    refuse(`\`${state}\` ends the lease; leave out \`set.leaseMs\`.`);
  }
  if (set.result !== undefined && !(state !== undefined && isTerminal(state))) {
    refuse("`set.result` goes with a `set.state` that ends the job; use `progress` before that.");
  }
}
