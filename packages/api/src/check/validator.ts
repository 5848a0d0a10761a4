import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { QueueError } from "../errors.ts";
import { suggest } from "./nearest.ts";

/** Checks a value against a schema, or throws `INVALID` with a sentence that names the field and the remedy. */
export type Validate = (value: unknown, subject: string) => void;

interface Problem {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/**
 * Compiles a schema on first use. Write a `description` on each property as the end of "it must be …": that is what
 * the error says.
 */
export function validator(schema: TSchema): Validate {
  let compiled: ReturnType<typeof Compile> | undefined;
  return (value, subject) => {
    compiled ??= Compile(schema);
    if (compiled.Check(value)) return;
    throw new QueueError("INVALID", explain(schema, value, compiled.Errors(value), subject));
  };
}

/** Turns TypeBox's list of problems into one sentence about the one that helps most. */
export function explain(schema: TSchema, value: unknown, problems: readonly Problem[], subject: string): string {
  const unknownField = problems.find((problem) => problem.keyword === "additionalProperties");
  if (unknownField) {
    const [field] = (unknownField.params as { additionalProperties: string[] }).additionalProperties;
    const known = Object.keys(propertiesOf(schemaAt(schema, unknownField.instancePath)));
    const place = [...steps(unknownField.instancePath), field].join(".");
    return `${subject}: \`${place}\` is not an option. ${suggest(field ?? "", known)}`;
  }
  const missing = problems.find((problem) => problem.keyword === "required");
  if (missing) {
    const [field] = (missing.params as { requiredProperties: string[] }).requiredProperties;
    const expected = propertiesOf(schemaAt(schema, missing.instancePath))[field ?? ""]?.description;
    const place = [...steps(missing.instancePath), field].join(".");
    return `${subject}: \`${place}\` is missing${expected === undefined ? "" : `; it must be ${expected}`}.`;
  }
  const [first] = problems;
  const path = steps(first?.instancePath ?? "");
  const expected = describe(schema, path);
  const place = path.length === 0 ? "the value" : `\`${path.join(".")}\``;
  return `${subject}: ${place} ${expected === undefined ? (first?.message ?? "is not valid") : `must be ${expected}`}, not ${show(valueAt(value, path))}.`;
}

/** A short picture of any value for a message. */
export function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  let text: string | undefined;
  try {
    text = typeof value === "number" ? String(value) : JSON.stringify(value);
  } catch {
    text = "an object that contains itself";
  }
  if (text === undefined) return String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

type Described = { description?: string; properties?: Record<string, Described>; items?: Described };

function describe(schema: TSchema, path: readonly string[]): string | undefined {
  let here: Described | undefined = schema as Described;
  let text: string | undefined;
  for (const step of path) {
    here = here?.properties?.[step] ?? here?.items;
    text = here?.description ?? text;
  }
  return text ?? (path.length === 0 ? (schema as Described).description : undefined);
}

function schemaAt(schema: TSchema, path: string): Described | undefined {
  let here: Described | undefined = schema as Described;
  for (const step of steps(path)) here = here?.properties?.[step] ?? here?.items;
  return here;
}

function propertiesOf(schema: Described | undefined): Record<string, Described> {
  return schema?.properties ?? {};
}

function steps(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const step of path) here = (here as Record<string, unknown> | null | undefined)?.[step];
  return here;
}
