import { type TSchema, Type } from "typebox";
import { LANE_PATTERN } from "../contract/names.ts";

/** Names of types, states, holders, groups, keys: at most this many characters. */
export const MAX_NAME_LENGTH = 255;
/** At most this many jobs, changes, ids or events go with one call. */
export const MAX_BATCH = 10_000;
/** At most this many jobs are stored by one call: a job that depends on as many as it may goes with all of them. */
export const MAX_JOBS = 2 * MAX_BATCH;
/** The last moment that a `Date` can hold. */
export const MAX_TIME = 8_640_000_000_000_000;

/** No other fields. */
export const strict = { additionalProperties: false };
// No control characters: a name goes into logs, terminals and error messages.
export const NAME_PATTERN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$";

/** A name of something. */
export const name = (what: string): TSchema =>
  Type.String({
    minLength: 1,
    maxLength: MAX_NAME_LENGTH,
    pattern: NAME_PATTERN,
    description: `${what}: 1 to ${MAX_NAME_LENGTH} characters, none of them a control character`,
  });
/** A whole number within bounds. */
export const count = (maximum: number, minimum = 0): TSchema =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });
/** Epoch milliseconds. */
export const time = Type.Integer({ minimum: 0, maximum: MAX_TIME, description: "a time in milliseconds since 1970" });
/** Milliseconds. */
export const duration = Type.Integer({
  minimum: 0,
  maximum: MAX_TIME,
  description: "a whole number of milliseconds, 0 or more",
});
/** Milliseconds, at least one. */
export const lease = Type.Integer({
  minimum: 1,
  maximum: MAX_TIME,
  description: "a whole number of milliseconds, 1 or more",
});
/** True or false. */
export const flag = Type.Boolean({ description: "true or false" });
/** Any text. */
export const text = Type.String({ description: "a string" });

/** A lane's name. */
export const LaneName = Type.String({
  pattern: LANE_PATTERN,
  description: "a lane's name: 1 to 100 letters, digits, `_`, `.` or `-`",
});
/** A state's name. */
export const State = name("a state's name");
/** A job's whole id. */
export const Id = Type.String({
  minLength: 3,
  maxLength: 356,
  pattern: "^\\$?[A-Za-z0-9_.-]{1,100}:[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$",
  description: "a job's id, `<lane>:<local id>`",
});
/** Ids of one call. */
export const ids = Type.Array(Id, { maxItems: MAX_BATCH, description: `a list of at most ${MAX_BATCH} job ids` });
/** A list of names. */
export const names = (what: string): TSchema => Type.Array(name(what), { description: `a list of names` });
/** Checked by itself, elsewhere. */
export const Any = Type.Unsafe<unknown>(Type.Unknown());
