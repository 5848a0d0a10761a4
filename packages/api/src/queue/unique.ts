import { Type } from "typebox";
import { checkFunction } from "../check/check-function.ts";
import { checkJson } from "../check/check-json.ts";
import { show, validator } from "../check/validator.ts";
import type { Unique } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import { QueueError } from "../errors.ts";
import { type Coalescing, type Merge, mergePayloads } from "../policy/coalescing.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { keyOfName, keyOfValue } from "../policy/unique-key.ts";
import { valueAt } from "../semantics/matches.ts";

/**
 * That there is at most one such job in its lane at a time (P17). What is meant by "such" is its type with a key of your
 * own, or with chosen fields of the payload, or with the whole payload when neither is given.
 */
export interface UniqueOptions<P = Json> {
  /** Jobs of one type and key are the same, whatever their payload. */
  readonly key?: string;
  /** Paths in the payload, such as `user.id`: jobs of one type that are equal there are the same. */
  readonly fields?: readonly string[];
  /**
   * How long it counts: until it has `finished` (when absent), or until an attempt has `started` and again between two
   * attempts, or for a time after it was added, whatever becomes of it.
   */
  readonly until?: "started" | "finished" | { readonly window: Duration };
  /**
   * What an add does when there is one already: `keep` it as it is (when absent), `replace` its payload, and its priority
   * and due time where given, or `merge` the payloads. Whatever else the add says counts only where it adds a job. A job
   * that is being worked on is always kept as it is.
   */
  readonly on?: "keep" | "replace" | "merge";
  /** Makes one payload of the stored and the added one; when absent, lists append and objects take the newer fields. */
  readonly merge?: MergeFunction<P>;
}

/** Written as a method, so that a definition may say what payloads it expects. */
type MergeFunction<P> = { of(this: void, stored: P, added: P): unknown }["of"];

/** What uniqueness comes to for one job. */
interface Uniqueness {
  readonly unique: Unique;
  /** Absent for `keep`. */
  readonly coalescing?: Coalescing;
}

const validate = validator(
  Type.Object(
    {
      key: Type.Optional(Type.String({ minLength: 1, description: "a string of at least one character" })),
      fields: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          minItems: 1,
          maxItems: 100,
          description: 'a list of paths in the payload, such as ["user.id"]',
        }),
      ),
      until: Type.Optional(
        Type.Union(
          [
            Type.Literal("started"),
            Type.Literal("finished"),
            Type.Object({ window: Type.Unknown() }, { additionalProperties: false }),
          ],
          { description: '"started", "finished" or { window: "10m" }' },
        ),
      ),
      on: Type.Optional(
        Type.Union([Type.Literal("keep"), Type.Literal("replace"), Type.Literal("merge")], {
          description: '"keep", "replace" or "merge"',
        }),
      ),
      merge: Type.Optional(Type.Unknown()),
    },
    { additionalProperties: false, description: "true, false, or an object such as { key, until, on }" },
  ),
);

/** Refuses what is no uniqueness. @throws QueueError `INVALID` naming the field and, if misspelt, the nearest. */
export function checkUnique(unique: unknown, subject: string): void {
  if (unique === undefined || typeof unique === "boolean") return;
  const place = `${subject}: \`unique\``;
  validate(unique, place);
  const { key, fields, until, on, merge } = unique as UniqueOptions;
  checkFunction(merge, "merge", place);
  if (key !== undefined && fields !== undefined)
    throw new QueueError("INVALID", `${place}: give \`key\` or \`fields\`, not both.`);
  if (merge !== undefined && on !== "merge")
    throw new QueueError("INVALID", `${place}: \`merge\` goes with \`on: "merge"\`; add that, or leave it out.`);
  if (typeof until === "object") windowOf(until, place);
}

/** What the options of an add say; for what they do not say, its type's definition. */
export function resolveUnique(
  own: boolean | UniqueOptions | undefined,
  defined: boolean | UniqueOptions | undefined,
): UniqueOptions | undefined {
  if (own === false || (own === undefined && (defined === undefined || defined === false))) return undefined;
  const base = typeof defined === "object" ? defined : {};
  if (typeof own !== "object") return base;
  const { key, fields, merge, ...rest } = base;
  const ownsScope = own.key !== undefined || own.fields !== undefined;
  const keepsMerge = own.merge === undefined && merge !== undefined && (own.on ?? base.on) === "merge";
  return {
    ...rest,
    ...(!ownsScope && key !== undefined && { key }),
    ...(!ownsScope && fields !== undefined && { fields }),
    ...(keepsMerge && { merge }),
    ...own,
  };
}

/** The key to store, and what to do where another job holds it. */
export function uniquenessOf(type: string, payload: unknown, options: UniqueOptions, subject: string): Uniqueness {
  const { until = "finished", on = "keep", merge } = options;
  const unique: Unique = {
    key: keyOf(type, payload, options, subject),
    until: typeof until === "string" ? until : { windowMs: windowOf(until, `${subject}: \`unique\``) },
  };
  if (on === "keep") return { unique };
  if (on === "replace") return { unique, coalescing: { on } };
  const own: Merge | undefined = merge && ((stored, added) => ownMerge(merge, stored, added, subject));
  return { unique, coalescing: { on, merge: own ?? mergePayloads } };
}

function keyOf(type: string, payload: unknown, { key, fields }: UniqueOptions, subject: string): string {
  if (key !== undefined) return keyOfName(type, key);
  const { value } = checkJson(payload, "payload");
  if (fields === undefined) return keyOfValue(type, value);
  const root = { payload: value };
  const chosen = fields.flatMap((path): [string, Json][] => {
    const found = valueAt(root, `payload.${path}`);
    return found === undefined ? [] : [[path, found]];
  });
  // Else one misspelt path would make all jobs of a type the same.
  if (chosen.length === 0) {
    throw new QueueError(
      "INVALID",
      `${subject}: \`unique.fields\` names ${fields.join(", ")}, and the payload has none of them. Name fields that it has, or give a \`key\`.`,
    );
  }
  return keyOfValue(type, Object.fromEntries(chosen));
}

function windowOf({ window }: { readonly window: Duration }, place: string): number {
  const ms = parseDuration(window, "unique.until.window");
  if (ms > 0) return ms;
  throw new QueueError("INVALID", `${place}: \`until.window\` must be longer than ${show(window)}.`);
}

function ownMerge(merge: Merge, stored: Json, added: Json, subject: string): unknown {
  try {
    return merge(stored, added);
  } catch (cause) {
    throw new QueueError("INVALID", `${subject}: \`unique.merge\` threw: ${(cause as Error)?.message ?? cause}`, {
      cause,
    });
  }
}
