import { Type } from "typebox";
import { QueueError } from "../errors.ts";
import { show, type Validate, validator } from "../check/validator.ts";

const Any = Type.Optional(Type.Unknown());

/** Refuses options that do not exist, with the nearest that does. Their values are checked where they are used. */
export function optionsNamed(...names: readonly string[]): Validate {
  return validator(
    Type.Object(Object.fromEntries(names.map((name) => [name, Any])), {
      additionalProperties: false,
      description: "an object of options",
    }),
  );
}

/** Refuses what is no object, such as an id where a query belongs. */
export const checkObject = validator(Type.Object({}, { description: "an object such as { limit: 10 }" }));

export const checkManyOptions = optionsNamed("allOrNone");
export const checkResultOptions = optionsNamed("timeout", "signal");
export const checkRetryOptions = optionsNamed("state", "preview", "rate");
export const checkMoveOptions = optionsNamed("lane", "preview", "rate");
export const checkPruneOptions = optionsNamed("olderThan", "lane", "states", "limit");
export const checkReceiveOptions = optionsNamed("lanes", "types", "wait", "lease", "holder", "signal");

/** One job of an `addMany`. */
export const checkAddRequest = validator(
  Type.Object(
    { type: Type.String({ description: "a string" }), payload: Type.Unknown(), options: Any },
    { additionalProperties: false, description: "a job { type, payload, options? }" },
  ),
);

/** Refuses what only makes sense for many jobs, where one is named by its id. */
export function refuseForOne(options: { readonly preview?: unknown; readonly rate?: unknown }, verb: string): void {
  const field = (["preview", "rate"] as const).find((name) => options[name] !== undefined);
  if (field === undefined) return;
  throw new QueueError(
    "INVALID",
    `Cannot ${verb}: \`${field}\` goes with a selection such as { lanes: ["mails"] }, not with an id.`,
  );
}

/** Refuses a signal that is none. */
export function checkSignal(signal: unknown, subject: string): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new QueueError("INVALID", `${subject}: \`signal\` must be an AbortSignal, not ${show(signal)}.`);
}
