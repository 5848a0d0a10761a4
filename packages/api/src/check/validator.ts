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
    if (check(compiled, value, subject)) return;
    throw new QueueError("INVALID", explain(schema, value, compiled.Errors(value), subject));
  };
}

function check(compiled: ReturnType<typeof Compile>, value: unknown, subject: string): boolean {
  try {
    return compiled.Check(value);
  } catch (cause) {
    throw new QueueError("INVALID", `${subject}: a value cannot be read, its getter throws.`, { cause });
  }
}

/** Turns TypeBox's list of problems into one sentence about the one that helps most. */
export function explain(schema: TSchema, value: unknown, problems: readonly Problem[], subject: string): string {
  for (const { keyword, instancePath, params } of problems) {
    if (keyword !== "additionalProperties") continue;
    const known = Object.keys(propertiesOf(schemaAt(schema, instancePath)));
    // One alternative of a union does not have it, but another may.
    const field = (params as { additionalProperties: string[] }).additionalProperties.find((it) => !known.includes(it));
    if (field === undefined) continue;
    const place = [...steps(instancePath), field].join(".");
    return `${subject}: \`${place}\` is not an option. ${suggest(field, known)}`;
  }
  const missing = problems.find((problem) => problem.keyword === "required");
  if (missing) {
    const [field] = (missing.params as { requiredProperties: string[] }).requiredProperties;
    const expected = propertiesOf(schemaAt(schema, missing.instancePath))[field ?? ""]?.description;
    const place = [...steps(missing.instancePath), field].join(".");
    return `${subject}: \`${place}\` is missing${expected === undefined ? "" : `; it must be ${expected}`}.`;
  }
  const first = deepest(problems);
  const path = steps(first?.instancePath ?? "");
  const expected = describe(schema, path);
  const place = path.length === 0 ? "the value" : `\`${path.join(".")}\``;
  return `${subject}: ${place} ${expected === undefined ? (first?.message ?? "is not valid") : `must be ${expected}`}, not ${show(valueAt(value, path))}.`;
}

/** A short picture of any value for a message. A password in a URL is left out of it. */
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
  text = text.replaceAll(/(\/\/[^\s"/:@]*):[^\s"]*@/g, "$1:…@");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Of a value that fits no alternative of a union, the part that made it fail says most. */
function deepest(problems: readonly Problem[]): Problem | undefined {
  let found = problems[0];
  for (const problem of problems) {
    if (found && steps(problem.instancePath).length > steps(found.instancePath).length) found = problem;
  }
  return found;
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
}

function describe(schema: TSchema, path: readonly string[]): string | undefined {
  let here: Described | undefined = schema as Described;
  let text: string | undefined;
  for (const step of path) {
    here = childOf(here, step);
    text = here?.description ?? text;
  }
  return text ?? (path.length === 0 ? (schema as Described).description : undefined);
}

function schemaAt(schema: TSchema, path: string): Described | undefined {
  let here: Described | undefined = schema as Described;
  for (const step of steps(path)) here = childOf(here, step);
  return here;
}

function childOf(schema: Described | undefined, step: string): Described | undefined {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, step)) return properties[step];
  return variantsOf(schema).find((variant) => variant.items !== undefined)?.items;
}

function propertiesOf(schema: Described | undefined): Readonly<Record<string, Described>> {
  return Object.fromEntries(variantsOf(schema).flatMap((variant) => Object.entries(variant.properties ?? {})));
}

/** A schema and, if it is a union, its alternatives. */
function variantsOf(schema: Described | undefined): readonly Described[] {
  return schema === undefined ? [] : [schema, ...(schema.anyOf ?? []).flatMap(variantsOf)];
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
