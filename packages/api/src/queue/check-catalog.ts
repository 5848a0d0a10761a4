import { Type } from "typebox";
import { show, validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { checkJob } from "../store/job-input.ts";
import { jobInput } from "./add-options.ts";
import type { Catalog, Schema } from "./catalog.ts";
import { schemaCheck } from "./schema-check.ts";

const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object(
    { payload: Any, result: Any, lane: Any, priority: Any, maxAttempts: Any, backoff: Any, timeout: Any },
    { additionalProperties: false, description: "an object such as { payload, result, maxAttempts }" },
  ),
);

/**
 * Refuses a catalogue that no job could be added from, or in which an option is misspelt: the compiler does not see it,
 * and a default that does not count is noticed late.
 *
 * @throws QueueError `INVALID` naming type and option.
 */
export function checkCatalog(jobs: Catalog): void {
  for (const [type, definition] of Object.entries(jobs)) {
    const subject = `Cannot define the job type ${type}`;
    validate(definition, subject);
    for (const field of ["payload", "result"] as const) checkSchema(definition[field], `${subject}: \`${field}\``);
    checkJob(jobInput(type, null, definition), subject);
  }
}

function checkSchema(schema: unknown, subject: string): void {
  if (schema === undefined) return;
  try {
    if (schemaCheck(schema as Schema)) return;
  } catch (cause) {
    throw new QueueError("INVALID", `${subject} must be a TypeBox schema or a Standard Schema, not ${show(schema)}.`, {
      cause,
    });
  }
}
