import { type Adapter, type Change, isTerminal, type Job } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import type { Fault } from "./fault.ts";
import { find, onceTogether, strand } from "./shaping.ts";

/** Breaks P18 by leaving behind who comes next in a line. */
export const followers: readonly Fault[] = [
  stranding(
    "strands the follower of a job that is cancelled",
    ({ set }) => set.cancel === true || set.state === "cancelled",
  ),
  stranding("strands the follower of a job that failed", ({ set }) => set.state === "failed"),
  stranding("strands the follower of a job that is requeued", ({ set }) => set.requeue === true),
  stranding(
    "strands a follower when changes meet",
    ({ set }) => set.state === "completed",
    (adapter, broken) => onceTogether(adapter, "cas", () => broken),
  ),
  fault("strands the follower of a job that is removed", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        const next = "ids" in query ? await Promise.all(query.ids.map((id) => behind(adapter, id))) : [];
        const count = await adapter.remove(query);
        for (const [job] of next) await strand(adapter, job);
        return count;
      },
    }),
  ),
  fault("strands who gets in line while the one before is finished", (adapter) => {
    let ends = 0;
    return decorate(adapter, {
      cas: async (changes, at) => {
        ends += 1;
        await new Promise(setImmediate);
        ends -= 1;
        return adapter.cas(changes, at);
      },
      insert: async (jobs, at) => {
        const late = ends > 0 ? jobs.filter(({ orderingKey }) => orderingKey !== undefined) : [];
        const outcomes = await adapter.insert(jobs, at);
        for (const job of await adapter.get(late.map(({ id }) => id))) await strand(adapter, job ?? undefined);
        return outcomes;
      },
    });
  }),
  fault("strands the follower of a job that a poll finished", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const result = await adapter.poll(request);
        for (const job of result.jobs) {
          if (isTerminal(job.state)) await strand(adapter, (await behind(adapter, job.id))[0]);
        }
        return result;
      },
    }),
  ),
  fault("lets blocked jobs hold up the others of their key", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const blocked = await find(adapter, (job) => job.state === "blocked" && job.orderingKey !== undefined);
        if (blocked.length > 0 && request.now) {
          for (const { id } of blocked) for (const job of await behind(adapter, id)) await strand(adapter, job);
        }
        return adapter.poll(request);
      },
    }),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P18", name, break: breaking };
}

/** Leaves the next one of a key behind after some changes. */
function stranding(
  name: string,
  after: (each: Change) => boolean,
  combine: (adapter: Adapter, broken: Adapter) => Adapter = (_, broken) => broken,
): Fault {
  return fault(name, (adapter) => {
    const broken = decorate(adapter, {
      cas: async (changes, at) => {
        const before = await Promise.all(changes.filter(after).map((each) => behind(adapter, each.id)));
        const outcomes = await adapter.cas(changes, at);
        for (const [job] of before) await strand(adapter, job);
        return outcomes;
      },
    });
    return combine(adapter, broken);
  });
}

/** The jobs behind one in its line. */
async function behind(adapter: Adapter, id: string): Promise<readonly Job[]> {
  const [job] = await adapter.get([id]);
  if (job?.orderingKey === undefined) return [];
  const line = await find(adapter, (each) => each.lane === job.lane && each.orderingKey === job.orderingKey);
  const rest = line.slice(line.findIndex((each) => each.id === id) + 1);
  return rest.filter((each) => each.state === "waiting" || each.state === "fetched");
}
