import type { Adapter, Change, PollRequest, Predicate, Test } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { changing, type Fault, without } from "./fault.ts";

/** Breaks P9 wherever predicates or types choose. */
export const filters: readonly Fault[] = [
  testing("looks into the payload only", (test, path) => (path.startsWith("payload") ? test : { in: [] })),
  testing("takes numbers for text", (test) => (typeof test.eq === "number" ? { eq: String(test.eq) } : test)),
  testing("takes a prefix for the whole text", (test) => (test.prefix === undefined ? test : { eq: test.prefix })),
  polling("knows no predicates in polls", (request) => without(request, "where")),
  polling("knows no types in polls", (request) => without(request, "types")),
  {
    promise: "P9",
    name: "knows no predicates in changes",
    break: (adapter) => changing(adapter, (each) => ({ ...each, expect: without(each.expect, "where") })),
  },
  polling(
    "takes a job when none fits",
    (request) => request,
    (adapter, request) => adapter.poll(without(without(request, "where"), "types")),
  ),
  {
    promise: "P9",
    name: "looks at a thousand candidates, and says that there are no more",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const { lanes, now, where, types, ...rest } = request;
          if ((!where && !types) || !lanes?.every((lane) => typeof lane === "string")) return adapter.poll(request);
          const { items } = await adapter.list({
            lanes,
            order: "poll",
            states: ["waiting"],
            limit: 1000,
            ...(now && { now }),
          });
          const filtered = { ...(where && { where }), ...(types && { types }), ...(now && { now }) };
          return adapter.poll({ ...rest, ...filtered, ids: items.map((job) => job.id) });
        },
      }),
  },
  polling("passes over lanes whose names objects know", (request) => ({
    ...request,
    ...(request.lanes && { lanes: request.lanes.filter((lane) => typeof lane !== "string" || !(lane in {})) }),
  })),
];

/** Polls otherwise, and once more in some way if nothing was found. */
function polling(
  name: string,
  change: (request: PollRequest) => PollRequest,
  instead?: (adapter: Adapter, request: PollRequest) => ReturnType<Adapter["poll"]>,
): Fault {
  const poll = async (adapter: Adapter, request: PollRequest) => {
    const result = await adapter.poll(change(request));
    const isFiltered = request.where !== undefined || request.types !== undefined;
    return instead && isFiltered && result.jobs.length === 0 ? instead(adapter, request) : result;
  };
  return { promise: "P9", name, break: (adapter) => decorate(adapter, { poll: (request) => poll(adapter, request) }) };
}

/** Changes each test of every predicate, whichever verb it comes with. */
function testing(name: string, change: (test: Test, path: string) => Test): Fault {
  const every = (predicate: Predicate): Predicate => {
    if ("and" in predicate && Array.isArray(predicate.and)) return { and: predicate.and.map(every) };
    if ("or" in predicate && Array.isArray(predicate.or)) return { or: predicate.or.map(every) };
    if ("not" in predicate) return { not: every(predicate.not as Predicate) };
    const tests = Object.entries(predicate as Record<string, Test>);
    return Object.fromEntries(tests.map(([path, test]) => [path, change(test, path)]));
  };
  const expecting = (each: Change): Change =>
    each.expect.where ? { ...each, expect: { ...each.expect, where: every(each.expect.where) } } : each;
  return {
    promise: "P9",
    name,
    break: (adapter) =>
      decorate(changing(adapter, expecting), {
        list: ({ where, ...query }) => adapter.list({ ...query, ...(where && { where: every(where) }) }),
        poll: ({ where, ...request }) => adapter.poll({ ...request, ...(where && { where: every(where) }) }),
      }),
  };
}
