import type { Adapter, Change } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";

/** Breaks P12 to P14. */
export const deciding: readonly Fault[] = [
  expecting("P12", "does not look at versions", ({ version, ...expect }) =>
    version === undefined || Object.keys(expect).length === 0 ? { ...expect, version: version ?? 0 } : expect,
  ),
  expecting("P12", "does not look at states beside a token", ({ state, ...expect }) =>
    state === undefined || expect.token !== undefined ? expect : { ...expect, state },
  ),
  {
    promise: "P12",
    name: "answers the changes of a call in another order",
    break: (adapter) =>
      decorate(adapter, { cas: async (changes, at) => (await adapter.cas(changes, at)).toReversed() }),
  },
  {
    promise: "P12",
    name: "answers `conflict` for a job that is not there",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) =>
          (await adapter.cas(changes, at)).map((outcome) =>
            outcome.status === "missing" ? { status: "conflict", state: "", token: 0, version: 0 } : outcome,
          ),
      }),
  },
  {
    promise: "P12",
    name: "writes the event of a change that is refused",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(changes, at);
          const refused = changes.filter((each, i) => outcomes[i]?.status === "conflict" && each.event !== undefined);
          await adapter.append(
            refused.map(({ id, event = null }) => ({ id, event })),
            at,
          );
          return outcomes;
        },
      }),
  },
  {
    promise: "P12",
    name: "stops a call at its first refusal",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          let refused = false;
          return oneByOne(changes, async (each) => {
            if (refused) return { status: "conflict", state: "", token: 0, version: 0 };
            const outcome = await change(adapter, each, at);
            refused = outcome.status !== "ok";
            return outcome;
          });
        },
      }),
  },
  expecting("P13", "forgets the token", ({ token, ...expect }) =>
    token === undefined ? expect : { ...expect, state: "active" },
  ),
  {
    promise: "P13",
    name: "takes the attempt for the token",
    break(adapter) {
      const attempts = new Map<number, number>();
      return decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          for (const job of [...result.jobs, ...result.expired]) attempts.set(job.token, job.attempt);
          return result;
        },
        cas: async (changes, at) => {
          const found = await adapter.get(changes.map((each) => each.id));
          const fenced = changes.map((each, i): Change => {
            const { token } = each.expect;
            const job = found[i];
            if (token === undefined || !job || attempts.get(token) !== job.attempt) return each;
            return { ...each, expect: { ...each.expect, token: job.token } };
          });
          return adapter.cas(fenced, at);
        },
      });
    },
  },
  {
    promise: "P13",
    name: "takes a lease for living until somebody else takes the job over",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const outcome = await change(adapter, each, at);
            const [job] = await adapter.get([each.id]);
            if (outcome.status !== "stale" || !job?.lease || job.token !== each.expect.token) return outcome;
            return change(adapter, { ...each, expect: { version: job.version } }, at);
          }),
      }),
  },
  {
    promise: "P13",
    name: "lets a lease live a millisecond too long",
    break: (adapter) =>
      decorate(adapter, { cas: (changes, at) => adapter.cas(changes, { ...at, ...(at?.now && { now: at.now - 1 }) }) }),
  },
  {
    promise: "P13",
    name: "does not fence events",
    break: (adapter) =>
      decorate(adapter, {
        append: (entries, at) =>
          adapter.append(
            entries.map((each) => without(each, "token")),
            at,
          ),
      }),
  },
  {
    promise: "P14",
    name: "lets the last result win",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const outcome = await change(adapter, each, at);
            if (outcome.status !== "stale" || outcome.state !== "completed") return outcome;
            return change(adapter, { ...each, expect: { version: outcome.version } }, at);
          }),
      }),
  },
  {
    promise: "P14",
    name: "cancels finished jobs",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const outcome = await change(adapter, each, at);
            if (outcome.status !== "conflict" || !each.set.cancel) return outcome;
            return change(adapter, { ...each, set: { state: "cancelled" } }, at);
          }),
      }),
  },
  {
    promise: "P14",
    name: "loses `null` results",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map(({ set: { result, ...set }, ...each }) => ({
              ...each,
              set: result == null ? set : { ...set, result },
            })),
            at,
          ),
      }),
  },
];

function expecting(
  promise: Fault["promise"],
  name: string,
  expect: (expected: Change["expect"]) => Change["expect"],
): Fault {
  const loosen = (adapter: Adapter): Adapter =>
    decorate(adapter, {
      cas: (changes, at) =>
        adapter.cas(
          changes.map((each) => ({ ...each, expect: expect(each.expect) })),
          at,
        ),
    });
  return { promise, name, break: loosen };
}
