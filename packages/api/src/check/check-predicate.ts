import type { Json } from "../contract/json.ts";
import type { Predicate, Test } from "../contract/predicate.ts";
import { QueueError } from "../errors.ts";
import { checkJson } from "./check-json.ts";
import { suggest } from "./nearest.ts";
import { show } from "./validator.ts";

/** `and`, `or`, `not` may be nested this deep. */
export const MAX_PREDICATE_DEPTH = 8;

/** A predicate as a user writes it: a bare scalar stands for `{ eq: … }`, and a list for all of its parts. */
export type Where =
  | { readonly and: readonly Where[] }
  | { readonly or: readonly Where[] }
  | { readonly not: Where }
  | { readonly [path: string]: Test | string | number | boolean | null };

const FIELDS = [
  "id", "lane", "type", "payload", "state", "priority", "runAt", "attempt", "maxAttempts", "backoff", "timeoutMs",
  "orderingKey", "unique", "group", "dependsOn", "onParent", "token", "lease", "cancelRequested", "progress", "result",
  "error", "version", "insertedAt", "updatedAt", "finishedAt",
]; // prettier-ignore
const TESTS = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "exists", "prefix"];

/**
 * Checks a predicate and brings it into the contract's form (P9).
 *
 * @throws QueueError `INVALID` that names the path or test at fault.
 */
export function asPredicate(where: unknown, subject: string, depth = 1): Predicate {
  if (!isRecord(where)) throw refuse(subject, `must be an object of paths and tests, not ${show(where)}`);
  if (depth > MAX_PREDICATE_DEPTH) throw refuse(subject, `is nested more than ${MAX_PREDICATE_DEPTH} levels deep`);
  const fields = Object.keys(where);
  for (const word of ["and", "or", "not"]) {
    if (fields.includes(word) && fields.length > 1) {
      throw refuse(subject, `has \`${word}\` beside other fields; put all of them into one \`and\``);
    }
  }
  if ("and" in where) return { and: asParts(where["and"], `${subject}.and`, depth) };
  if ("or" in where) return { or: asParts(where["or"], `${subject}.or`, depth) };
  if ("not" in where) return { not: asPredicate(where["not"], `${subject}.not`, depth + 1) };
  return Object.fromEntries(
    fields.map((path) => [checkPath(path, subject), asTest(where[path], `${subject}.${path}`)]),
  );
}

function asParts(parts: unknown, subject: string, depth: number): Predicate[] {
  if (!Array.isArray(parts)) throw refuse(subject, `must be a list of predicates, not ${show(parts)}`);
  return parts.map((part, i) => asPredicate(part, `${subject}[${i}]`, depth + 1));
}

function checkPath(path: string, subject: string): string {
  const [field = ""] = path.split(".");
  if (FIELDS.includes(field)) return path;
  throw refuse(
    subject,
    `has the path \`${path}\`, but a path begins with a field of the job. ${suggest(field, FIELDS)}`,
  );
}

function asTest(test: unknown, subject: string): Test {
  if (test === null || typeof test !== "object") {
    return { eq: checkJson(test, subject).value };
  }
  if (!isRecord(test))
    throw refuse(subject, "must be a scalar or an object of tests; write { eq: … } to compare with a list");
  const copy: Record<string, Json> = {};
  for (const [name, operand] of Object.entries(test)) {
    if (!TESTS.includes(name)) throw refuse(subject, `has no test \`${name}\`. ${suggest(name, TESTS)}`);
    // Also `undefined` is refused here: a condition that a slip left empty would otherwise hold for every job.
    checkOperand(name, operand, `${subject}.${name}`);
    copy[name] = checkJson(operand, `${subject}.${name}`).value;
  }
  return copy as Test;
}

function checkOperand(name: string, operand: unknown, subject: string): void {
  if (name === "in" && !Array.isArray(operand)) throw refuse(subject, "must be a list of values");
  if (name === "exists" && typeof operand !== "boolean") throw refuse(subject, "must be true or false");
  if (name === "prefix" && typeof operand !== "string") throw refuse(subject, "must be a string");
  if (/^[lg]te?$/.test(name) && typeof operand !== "string" && typeof operand !== "number") {
    throw refuse(subject, `must be a number or a string, not ${show(operand)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(subject: string, what: string): QueueError {
  return new QueueError("INVALID", `\`${subject}\` ${what}.`);
}
