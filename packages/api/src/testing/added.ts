import { AssertionError } from "node:assert";
import { Type } from "typebox";
import { show, validator } from "../check/validator.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { PRIORITIES } from "../contract/names.ts";
import { parseDuration } from "../policy/duration.ts";
import type { AddOptions } from "../queue/add-options.ts";
import type { Catalog, Payload, TypeOf } from "../queue/catalog.ts";
import { firstDifference } from "./first-difference.ts";

/** Of a payload what matters: objects may lack fields, lists are whole. */
export type PartialPayload<C extends Catalog, T extends TypeOf<C>> = PartialJson<Payload<C, T>>;

type PartialJson<V> = Json extends V
  ? unknown
  : V extends readonly unknown[]
    ? { readonly [I in keyof V]: PartialJson<V[I]> }
    : V extends object
      ? { readonly [K in keyof V]?: PartialJson<V[K]> }
      : V;

/** Of the options with which a job was added, those that matter. */
export interface AddedOptions extends Pick<
  AddOptions,
  "id" | "lane" | "priority" | "delay" | "runAt" | "group" | "maxAttempts" | "timeout" | "orderingKey"
> {
  /** How many there are of such jobs, exactly; at least one when absent. */
  readonly times?: number;
}

/** Of an addition what matters. */
export type AddedDetails = Omit<AddedOptions, "times">;

/** What is expected of a job. */
export interface Expected {
  readonly type: string;
  readonly payload: unknown;
  readonly details: AddedDetails;
}

const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object(
    {
      id: Any,
      lane: Any,
      priority: Any,
      delay: Any,
      runAt: Any,
      group: Any,
      maxAttempts: Any,
      timeout: Any,
      orderingKey: Any,
      times: Type.Optional(Type.Integer({ minimum: 1, description: "a whole number from 1" })),
    },
    { additionalProperties: false, description: "an object such as { lane, times: 1 }" },
  ),
);

/** Refuses options that are none. @throws QueueError `INVALID` naming the option. */
export function checkAddedOptions(options: AddedOptions, type: string): void {
  validate(options, `Cannot expect a ${type} job`);
}

/** How many jobs that do not fit are told of. */
const MOST_SHOWN = 5;

/** The first job that is as expected, of so many. @throws AssertionError telling what was added instead. */
export function expectAdded(jobs: readonly Job[], expected: Expected, times?: number): Job | undefined {
  const { fitting, others } = judge(jobs, expected);
  if (times === undefined ? fitting.length > 0 : fitting.length === times) return fitting[0];
  if (fitting.length === 0)
    throw failure(`${describe(expected)} was not added. ${told(jobs, others)}`, others, expected);
  const found = fitting.map(({ id }) => `\n  ${id}`).join("");
  throw failure(
    `${describe(expected)} was added ${count(fitting.length)}, and not ${count(times ?? 1)}:${found}`,
    fitting,
    expected,
  );
}

/** @throws AssertionError telling which job was added. */
export function expectNotAdded(jobs: readonly Job[], expected: Expected): void {
  const { fitting } = judge(jobs, expected);
  if (fitting.length === 0) return;
  const found = fitting.map(({ id, payload }) => `\n  ${id} ${show(payload)}`).join("");
  throw failure(`${describe(expected)} was added, and should not have been:${found}`, fitting, expected);
}

/** A job of the type that does not fit, and why. */
interface Misfit {
  readonly job: Job;
  readonly reason: string;
}

function judge(jobs: readonly Job[], { type, payload, details }: Expected): { fitting: Job[]; others: Misfit[] } {
  const wanted = { ...fieldsOf(details), ...(payload !== undefined && { payload }) };
  const fitting: Job[] = [];
  const others: Misfit[] = [];
  for (const job of jobs) {
    if (job.type !== type) continue;
    const reason = firstDifference(wanted as Json, shown(job) as unknown as Json);
    if (reason === undefined) fitting.push(job);
    else others.push({ job, reason });
  }
  return { fitting, others };
}

/** A job with its names and times as a test says them. */
function shown(job: Job): object {
  return { ...job, localId: job.id.slice(job.lane.length + 1), delayMs: job.runAt - job.insertedAt };
}

function fieldsOf({ id, priority, delay, runAt, timeout, ...plain }: AddedDetails): object {
  return {
    ...plain,
    ...(id !== undefined && { [id.includes(":") ? "id" : "localId"]: id }),
    ...(priority !== undefined && { priority: typeof priority === "number" ? priority : PRIORITIES[priority] }),
    ...(delay !== undefined && { delayMs: parseDuration(delay, "delay") }),
    ...(runAt !== undefined && { runAt: Number(runAt) }),
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout, "timeout") }),
  };
}

function describe({ type, payload, details }: Expected): string {
  const data = payload === undefined ? "" : ` with payload ${show(payload)}`;
  return `A ${type} job${data}${Object.keys(details).length === 0 ? "" : ` and ${show(details)}`}`;
}

/** What is there instead. */
function told(jobs: readonly Job[], others: readonly Misfit[]): string {
  if (jobs.length === 0) return "Nothing was added at all.";
  if (others.length === 0) {
    const types = new Map<string, number>();
    for (const { type } of jobs) types.set(type, (types.get(type) ?? 0) + 1);
    return `Of this type there is none; added were ${[...types].map(([type, n]) => `${type} (${n})`).join(", ")}.`;
  }
  const lines = others.slice(0, MOST_SHOWN).map(({ job, reason }) => `\n  ${job.id}: ${reason}`);
  const more = others.length > MOST_SHOWN ? `\n  … and ${others.length - MOST_SHOWN} more` : "";
  return `Of this type there ${others.length === 1 ? "is" : "are"} ${others.length}:${lines.join("")}${more}`;
}

function failure(message: string, found: readonly (Job | Misfit)[], expected: Expected): AssertionError {
  const actual = found.slice(0, MOST_SHOWN).map((each) => ("job" in each ? each.job : each));
  return new AssertionError({ message, actual, expected, operator: "added" });
}

function count(times: number): string {
  return times === 1 ? "once" : `${times} times`;
}
