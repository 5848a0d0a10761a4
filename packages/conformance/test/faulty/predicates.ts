import type { Job, Predicate, Test } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { listing, polling } from "./by-call.ts";
import type { Fault } from "./fault.ts";

/** Breaks P9 by what predicates and type patterns mean. */
export const predicates: readonly Fault[] = [
  {
    promise: "P9",
    name: "compares JSON as text, so that the order of keys counts",
    break: (adapter) =>
      decorate(adapter, {
        list: async (query) => {
          const page = await adapter.list(query);
          const tests = Object.entries((query.where ?? {}) as Record<string, Test>);
          const isText = (job: Job) =>
            tests.every(
              ([path, { eq }]) => eq === undefined || JSON.stringify(valueAt(job, path)) === JSON.stringify(eq),
            );
          return { ...page, items: page.items.filter(isText) };
        },
      }),
  },
  listing("P9", "treats `_` as a wildcard", ({ types, ...query }) => ({
    ...query,
    ...(types && { types: types.map((type) => type.replaceAll("_", "*")) }),
  })),
  testing("P9", "equates true with 1", (test) => (test.eq === 1 ? { in: [1, true] } : test)),
  testing("P9", "takes a missing value for unequal", (test, path) =>
    test.ne === undefined ? test : { not: { [path]: { eq: test.ne } } },
  ),
  testing("P9", "takes a missing value for null", (test, path) =>
    test.eq === null ? { or: [{ [path]: { eq: null } }, { [path]: { exists: false } }] } : test,
  ),
  testing("P9", "takes null for a missing value", (test, path) =>
    test.exists === undefined ? test : { and: [{ [path]: test }, { [path]: { ne: null } }] },
  ),
  testing("P9", "knows `%` in prefixes", (test) =>
    test.prefix === undefined ? test : { prefix: test.prefix.replace(/%.*$/, "") },
  ),
  testing("P9", "compares numbers with text", (test, path) =>
    test.gt === undefined ? test : { or: [{ [path]: test }, { [path]: { gt: String(test.gt) } }] },
  ),
  listing("P9", "does not tell upper from lower case in types", ({ types, ...query }) => ({
    ...query,
    ...(types && { types: types.flatMap((type) => [type, type.toLowerCase()]) }),
  })),
  polling("P9", "lets `*` stand for any number of segments", ({ types, ...request }) => ({
    ...request,
    ...(types && { types: types.map((type) => type.replaceAll("**", "*").replaceAll("*", "**")) }),
  })),
  {
    promise: "P9",
    name: "compares text by UTF-16 unit",
    break: (adapter) =>
      decorate(adapter, {
        list: async (query) => {
          const test = (query.where as { payload?: Test } | undefined)?.payload;
          if (typeof test?.lt !== "string" || query.after) return adapter.list(query);
          const { items } = await adapter.list({ limit: 100 });
          const { lt } = test;
          return { items: items.filter((job) => typeof job.payload === "string" && job.payload < lt) };
        },
      }),
  },
  {
    promise: "P9",
    name: "passes over lanes that had their share when a filtered poll goes on",
    break: (adapter) =>
      decorate(adapter, {
        poll: async ({ after, ...request }) => {
          if (request.where === undefined || request.lanes === undefined) return adapter.poll(request);
          const lanes = request.lanes.filter((lane) => after === undefined || typeof lane === "string");
          const result = await adapter.poll({ ...request, lanes });
          return after === undefined && result.jobs.length > 0 ? { ...result, after: "page 2" } : result;
        },
      }),
  },
];

/** Changes each test of every predicate that is listed, polled or expected by. */
function testing(
  promise: Fault["promise"],
  name: string,
  change: (test: Test, path: string) => Test | Predicate,
): Fault {
  const every = (predicate: Predicate): Predicate => {
    if ("and" in predicate && Array.isArray(predicate.and)) return { and: predicate.and.map(every) };
    if ("or" in predicate && Array.isArray(predicate.or)) return { or: predicate.or.map(every) };
    if ("not" in predicate) return { not: every(predicate.not as Predicate) };
    const parts = Object.entries(predicate as Record<string, Test>).map(([path, test]): Predicate => {
      const changed = change(test, path);
      const isPredicate = "and" in changed || "or" in changed || "not" in changed;
      return isPredicate ? (changed as Predicate) : { [path]: changed as Test };
    });
    return { and: parts };
  };
  return listing(promise, name, ({ where, ...query }) => ({ ...query, ...(where && { where: every(where) }) }));
}

function valueAt(job: Job, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], job);
}
