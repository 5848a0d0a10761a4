import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { explain } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import type { Schema } from "./catalog.ts";

/** Checks a value, and gives back what the schema makes of it. */
export type SchemaCheck = (value: unknown, subject: string) => unknown;

const checks = new WeakMap<Schema, SchemaCheck>();

/** The check that belongs to a schema, compiled once. @throws QueueError `INVALID` naming the field at fault. */
export function schemaCheck(schema: Schema): SchemaCheck {
  let check = checks.get(schema);
  if (check === undefined) {
    check = "~standard" in schema ? standardCheck(schema as StandardSchemaV1) : typeboxCheck(schema as TSchema);
    checks.set(schema, check);
  }
  return check;
}

function typeboxCheck(schema: TSchema): SchemaCheck {
  const compiled = Compile(schema);
  return (value, subject) => {
    if (compiled.Check(value)) return value;
    throw new QueueError("INVALID", explain(schema, value, compiled.Errors(value), subject));
  };
}

function standardCheck(schema: StandardSchemaV1): SchemaCheck {
  return (value, subject) => {
    const outcome = validate(schema, value, subject);
    if (outcome instanceof Promise) {
      outcome.catch(() => undefined);
      throw new QueueError(
        "UNSUPPORTED",
        `${subject}: its schema checks asynchronously; use one that answers at once.`,
      );
    }
    if (!outcome.issues) return outcome.value;
    const [issue] = outcome.issues;
    const path = (issue?.path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
    throw new QueueError(
      "INVALID",
      `${subject}: ${path === "" ? "" : `\`${path}\`: `}${issue?.message ?? "is not valid"}`,
      {
        cause: outcome.issues,
      },
    );
  };
}

function validate(
  schema: StandardSchemaV1,
  value: unknown,
  subject: string,
): ReturnType<StandardSchemaV1["~standard"]["validate"]> {
  try {
    const outcome = schema["~standard"].validate(value);
    if (typeof outcome === "object" && outcome !== null) return outcome;
  } catch (cause) {
    throw new QueueError("INVALID", `${subject}: its schema threw while checking.`, { cause });
  }
  throw new QueueError("INVALID", `${subject}: its schema answered nothing, which no Standard Schema does.`);
}
