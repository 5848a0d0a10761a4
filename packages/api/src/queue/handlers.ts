import type { Job } from "../contract/job.ts";
import { QueueError } from "../errors.ts";
import { matchesType } from "../semantics/type-pattern.ts";
import { suggest } from "../check/nearest.ts";
import type { AnyHandler } from "../worker/runner.ts";
import type { Context } from "../worker/job-context.ts";
import type { Catalog, ResultInput, TypedJob, TypeOf } from "./catalog.ts";

/** Does a job's work. What it returns is the job's result, what it throws a failed attempt. */
export type Handler<C extends Catalog, T extends TypeOf<C>, Tx = never> = (
  job: TypedJob<C, T>,
  context: Context<C, T, Tx>,
) => ResultInput<C, T> | void | Promise<ResultInput<C, T> | void>;

/** Handlers by type. Without a catalogue a name can be a pattern: `*` is one segment, `**` any number. */
export type Handlers<C extends Catalog, Tx = never> = { readonly [T in TypeOf<C>]?: Handler<C, T, Tx> };

/** Finds the handler of a type: one of that very name first, then the first pattern that fits. */
export function handlerFinder(handlers: Readonly<Record<string, unknown>>): (type: string) => AnyHandler | undefined {
  const found = new Map<string, AnyHandler | undefined>();
  const entries = Object.entries(handlers) as [string, AnyHandler][];
  const search = (type: string): AnyHandler | undefined =>
    (Object.hasOwn(handlers, type) ? (handlers[type] as AnyHandler) : undefined) ??
    entries.find(([pattern]) => matchesType(pattern, type))?.[1];
  return (type) => {
    if (!found.has(type)) {
      if (found.size > 10_000) found.clear();
      found.set(type, search(type));
    }
    return found.get(type);
  };
}

/** The type filter that goes with the handlers; none when one of them takes everything. */
export function typesOf(handlers: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const types = Object.keys(handlers);
  return types.includes("**") ? undefined : types;
}

/** Refuses handlers that are none, or that are for types the catalogue does not have. @throws QueueError `INVALID`. */
export function checkHandlers(
  handlers: unknown,
  catalog: Catalog | undefined,
): asserts handlers is Record<string, (job: Job) => unknown> {
  if (typeof handlers !== "object" || handlers === null || Object.keys(handlers).length === 0) {
    throw new QueueError(
      "INVALID",
      'Cannot start a worker: give an object of handlers, such as { "mail.send": async (job) => … }.',
    );
  }
  for (const [type, handler] of Object.entries(handlers)) {
    if (typeof handler !== "function") {
      throw new QueueError("INVALID", `Cannot start a worker: the handler of \`${type}\` is not a function.`);
    }
    if (catalog && !type.includes("*") && !Object.hasOwn(catalog, type)) {
      throw new QueueError(
        "INVALID",
        `Cannot start a worker: there is no job type \`${type}\`. ${suggest(type, Object.keys(catalog))}`,
      );
    }
  }
}
