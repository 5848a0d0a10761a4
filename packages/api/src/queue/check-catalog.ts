import { show } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { checkJob } from "../store/job-input.ts";
import { additionOf } from "./add-options.ts";
import { optionsNamed } from "./call-options.ts";
import type { Catalog, JobDefinition, Schema } from "./catalog.ts";
import { schemaCheck } from "./schema-check.ts";
import { checkUnique } from "./unique.ts";

const validate = optionsNamed(
  "payload",
  "result",
  "lane",
  "priority",
  "maxAttempts",
  "backoff",
  "timeout",
  "unique",
  "orderingKey",
  "keep",
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
    // Not what comes from the payload, since there is none yet.
    const { unique, orderingKey, ...fixed } = definition;
    checkUnique(unique, subject);
    const key = typeof orderingKey === "function" ? {} : { orderingKey };
    checkJob(additionOf(type, null, { ...fixed, ...key } as JobDefinition).input, subject);
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
