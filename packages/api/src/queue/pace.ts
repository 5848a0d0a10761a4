import { Type } from "typebox";
import { count } from "../check/fields.ts";
import { show, validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";

/** So many jobs per time, evenly. */
export interface PaceOptions {
  readonly limit: number;
  readonly per: Duration;
}

const validate = validator(
  Type.Object(
    { limit: count(Number.MAX_SAFE_INTEGER, 1), per: Type.Unknown() },
    { additionalProperties: false, description: 'an object such as { limit: 10, per: "1m" }' },
  ),
);

/** Spreads jobs over time, so that those that are started again together do not all run at once. */
export class Pace {
  readonly #stepMs: number;
  #count = 0;

  /** @throws QueueError `INVALID` naming the field. */
  constructor(rate: PaceOptions | undefined, subject: string) {
    this.#stepMs = rate === undefined ? 0 : stepOf(rate, `${subject}: \`rate\``);
  }

  /** How long the next job has to wait, in milliseconds; the first need not. */
  next(): number {
    return Math.ceil(this.#count++ * this.#stepMs);
  }
}

function stepOf(rate: PaceOptions, place: string): number {
  validate(rate, place);
  const periodMs = parseDuration(rate.per, "rate.per");
  if (periodMs > 0) return periodMs / rate.limit;
  throw new QueueError("INVALID", `${place}: \`per\` must be longer than ${show(rate.per)}.`);
}
