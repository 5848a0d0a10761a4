import { Type } from "typebox";
import { checkJson } from "../check/check-json.ts";
import { NAME_PATTERN } from "../check/fields.ts";
import { validator } from "../check/validator.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { DEFAULT_LANE } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { AddOptions } from "../queue/add-options.ts";
import { checkJob, type JobInput } from "../store/job-input.ts";
import { checkWhen, type Timetable, type When } from "./when.ts";

/**
 * What becomes of ticks that passed while nothing ran: none is made up for (one that is less than a minute late still
 * counts), one job stands for all of them, or each has its job, up to the newest 1000.
 */
export type Missed = "skip" | "once" | "all";

/**
 * What becomes of a tick while the job of the one before is unfinished: its job is added all the same, or not at all, or
 * it waits until that one has ended.
 */
export type Overlap = "allow" | "skip" | "queue";

/** How the jobs of a schedule are added. Their ids and due times are the ticks'. */
export type ScheduledJobOptions = Omit<AddOptions, "id" | "runAt" | "delay" | "dependsOn" | "onParent">;

/** How a schedule behaves. */
export interface ScheduleOptions {
  /** `once` when absent. */
  readonly missed?: Missed;
  /** `allow` when absent. */
  readonly overlap?: Overlap;
  readonly job?: ScheduledJobOptions;
}

/** All that a schedule is told, as it is stored. */
export interface Definition {
  readonly when: Timetable;
  readonly missed: Missed;
  readonly overlap: Overlap;
  /** The job of every tick, but for its id and due time. */
  readonly job: JobInput & { readonly lane: string };
}

/** The longest name of a schedule, so that with the time of a tick it fits into a job's id. */
export const MAX_SCHEDULE_NAME = 200;

const validateName = validator(
  Type.String({
    minLength: 1,
    maxLength: MAX_SCHEDULE_NAME,
    pattern: NAME_PATTERN,
    description: `a name of 1 to ${MAX_SCHEDULE_NAME} characters, none of them a control character`,
  }),
);

const oneOf = (...names: readonly string[]): Type.TUnion =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    { description: names.map((name) => `"${name}"`).join(" or ") },
  );
const validateOptions = validator(
  Type.Object(
    {
      missed: Type.Optional(oneOf("skip", "once", "all")),
      overlap: Type.Optional(oneOf("allow", "skip", "queue")),
      job: Type.Optional(Type.Object({}, { description: 'an object of options such as { lane: "reports" }' })),
    },
    { additionalProperties: false, description: "an object { missed?, overlap?, job? }" },
  ),
);

/** Options of `add` that a scheduled job cannot have, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  id: "the id of each job is made from the schedule's name and the tick",
  runAt: "each job is due at its tick",
  delay: "each job is due at its tick",
  dependsOn: "a job that is added again and again cannot wait for one that runs once",
  onParent: "it goes with `dependsOn`",
};

/** Refuses what is no name of a schedule. @throws QueueError `INVALID`. */
export function checkName(name: unknown, verb: string): asserts name is string {
  validateName(name, `Cannot ${verb} a schedule by this name`);
}

/** Checks what a schedule is told and fills in its defaults. @throws QueueError `INVALID` or `TOO_LARGE`. */
export function define(
  name: string,
  when: When,
  options: ScheduleOptions,
  build: (options: AddOptions | undefined) => JobInput,
): Definition {
  checkName(name, "make");
  const subject = `Cannot schedule ${name}`;
  validateOptions(options, subject);
  const { missed = "once", overlap = "allow" } = options;
  refuseOptions(options.job, subject);
  if (missed === "all" && overlap === "skip") {
    throw new QueueError(
      "INVALID",
      `${subject}: with \`overlap: "skip"\` only the first of the missed ticks would run; use \`missed: "once"\`, or \`overlap: "queue"\`.`,
    );
  }
  const timetable = checkWhen(when, subject);
  const built = build(options.job);
  const job = { ...built, ...keyOf(name, overlap, built), lane: built.lane ?? DEFAULT_LANE };
  checkJob(job, subject);
  // As a store gives it back, so that it can be compared with what is stored.
  return checkJson({ when: timetable, missed, overlap, job }, "job").value as unknown as Definition;
}

/** The definition as the payload that is stored. */
export function asJson(definition: Definition): Json {
  return definition as unknown as Json;
}

/** The definition that is stored. */
export function definitionOf({ payload }: Pick<Job, "payload">): Definition {
  return payload as unknown as Definition;
}

function refuseOptions(job: object | undefined, subject: string): void {
  const wrong = Object.keys(job ?? {}).find((option) => Object.hasOwn(REFUSED, option));
  if (wrong === undefined) return;
  throw new QueueError("INVALID", `${subject}: \`job.${wrong}\` cannot be given; ${REFUSED[wrong]}.`);
}

/** Jobs of one ordering key run one after the other (P18); those of a type that has one share it already. */
function keyOf(name: string, overlap: Overlap, { orderingKey }: JobInput): { orderingKey?: string } {
  return overlap === "queue" && orderingKey === undefined ? { orderingKey: `schedule:${name}` } : {};
}
