import { Type } from "typebox";
import { type Validate, validator } from "../check/validator.ts";

const Any = Type.Optional(Type.Unknown());

/** Refuses options that do not exist, with the nearest that does. Their values are checked where they are used. */
function options(...names: readonly string[]): Validate {
  return validator(
    Type.Object(Object.fromEntries(names.map((name) => [name, Any])), {
      additionalProperties: false,
      description: "an object of options",
    }),
  );
}

export const checkManyOptions = options("allOrNone");
export const checkResultOptions = options("timeout", "signal");
export const checkRetryOptions = options("state");
export const checkPruneOptions = options("olderThan", "lane", "states", "limit");
export const checkReceiveOptions = options("lanes", "types", "wait", "lease", "holder", "signal");

/** One job of an `addMany`. */
export const checkAddRequest = validator(
  Type.Object(
    { type: Type.String({ description: "a string" }), payload: Type.Unknown(), options: Any },
    { additionalProperties: false, description: "a job { type, payload, options? }" },
  ),
);
