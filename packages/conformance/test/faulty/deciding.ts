import type { Adapter, Change } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";

/** Breaks P12 to P16. */
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
    promise: "P13a",
    name: "spawns though the change was refused",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          await adapter.insert(
            changes.flatMap((each) => each.spawn ?? []),
            at,
          );
          return adapter.cas(changes, at);
        },
      }),
  },
  {
    promise: "P13a",
    name: "forgets to spawn",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(
            changes.map((each) => without(each, "spawn")),
            at,
          );
          return outcomes.map((outcome, i) => {
            const spawned = changes[i]?.spawn?.map((job) => job.id);
            return outcome.status === "ok" && spawned ? { ...outcome, spawned } : outcome;
          });
        },
      }),
  },
  {
    promise: "P13a",
    name: "gives up a change of which a successor exists",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const found = await adapter.get((each.spawn ?? []).map((job) => job.id));
            if (found.every((job) => job === null)) return change(adapter, each, at);
            return { status: "duplicate", id: each.id };
          }),
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
  {
    promise: "P15",
    name: "charges a rescuer as an attempt",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          const at = request.now === undefined ? {} : { now: request.now };
          const changes = result.expired.map(({ id, token, attempt }) => ({
            id,
            expect: { token },
            set: { attempt: attempt + 1 },
          }));
          if (changes.length > 0) await adapter.cas(changes, at);
          return result;
        },
      }),
  },
  {
    promise: "P15",
    name: "takes over more than it was asked for",
    break: (adapter) =>
      decorate(adapter, {
        poll: (request) => adapter.poll({ ...request, ...(request.expired && { expired: request.expired + 1 }) }),
      }),
  },
  {
    promise: "P15",
    name: "takes nothing over in paused lanes",
    break(adapter) {
      return decorate(adapter, {
        poll: async (request) => {
          const lanes = await adapter.lanes();
          const paused = lanes.some((lane) => lane.settings.paused);
          return adapter.poll(paused ? { ...request, expired: 0 } : request);
        },
      });
    },
  },
  {
    promise: "P15",
    name: "drops a job that was rescued twice",
    break(adapter) {
      const rescued = new Set<string>();
      return decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          for (const { id } of result.expired) {
            if (rescued.has(id)) await adapter.remove({ ids: [id] });
            rescued.add(id);
          }
          return result;
        },
      });
    },
  },
  failing("P16", "keeps no code or stack of an error", ({ message }) => ({ message })),
  failing("P16", "cuts messages after a hundred characters", (error) => ({
    ...error,
    message: error.message.slice(0, 100),
  })),
  {
    promise: "P16",
    name: "keeps only the last error",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return {
            ...page,
            items: page.items.filter((event, i) => event.kind !== "failed" || i === page.items.length - 1),
          };
        },
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

function failing(
  promise: Fault["promise"],
  name: string,
  shorten: (error: NonNullable<Change["set"]["error"]>) => NonNullable<Change["set"]["error"]>,
): Fault {
  const make = ({ set, ...each }: Change): Change => ({
    ...each,
    set: set.error === undefined ? set : { ...set, error: shorten(set.error) },
  });
  return {
    promise,
    name,
    break: (adapter) => decorate(adapter, { cas: (changes, at) => adapter.cas(changes.map(make), at) }),
  };
}
