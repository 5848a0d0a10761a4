import { type Adapter, Store } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { Janitor } from "../../src/queue/janitor.ts";
import { decorate, memory } from "../support/adapters.ts";
import { gate } from "../support/queues.ts";

const DAY = 86_400_000;

interface Process {
  readonly store: Store;
  readonly janitor: Janitor;
  readonly errors: unknown[];
}

/** What each process that shares the adapter has. */
async function processOn(adapter: Adapter, holder: string): Promise<Process> {
  const store = new Store(adapter);
  await store.open();
  const errors: unknown[] = [];
  return { store, errors, janitor: new Janitor(store, { holder, onError: (error) => errors.push(error) }) };
}

async function finish(store: Store, id: string, state: string, ago: number): Promise<void> {
  const now = Date.now() - ago;
  await store.insert([{ type: "a", payload: 1, id }], { now });
  await store.cas([{ id, expect: { state: "waiting" }, set: { state } }], { now });
}

const kept = async (store: Store): Promise<string[]> =>
  (await store.list({ limit: 100 })).items.map(({ id }) => id).filter((id) => !id.startsWith("$"));

describe("the janitor", () => {
  it("P26 removes what was kept long enough, per lane and state, and nothing else", async () => {
    const { store, janitor } = await processOn(await memory(), "a");
    await finish(store, "x:old", "completed", DAY + 1000);
    await finish(store, "x:new", "completed", DAY - 10_000);
    await finish(store, "x:failed", "failed", 2 * DAY);
    await finish(store, "x:failed-old", "failed", 8 * DAY);
    await finish(store, "y:brief", "completed", 10_000);
    await store.configure("y", { keep: { completed: 1000 } });
    await store.insert([{ type: "a", payload: 1, id: "x:waiting", runAt: 1 }], { now: 1 });

    expect(await janitor.tidy()).toBe(3);
    expect((await kept(store)).toSorted()).toEqual(["x:failed", "x:new", "x:waiting"]);
  });

  it("P26 works in one process at a time, and not again at once", async () => {
    const shared = await memory();
    const slow = gate();
    let removing = 0;
    const adapter = decorate(shared, {
      remove: async (query) => {
        removing++;
        await slow.opened;
        return shared.remove(query);
      },
    });
    const [a, b] = [await processOn(adapter, "a"), await processOn(adapter, "b")];
    await finish(a.store, "x:old", "completed", 2 * DAY);

    const first = a.janitor.tidy();
    while (removing === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await b.janitor.tidy()).toBe(0);
    expect(removing).toBe(1);
    slow.open();

    expect(await first).toBe(1);
    expect(await b.janitor.tidy()).toBe(0);
  });

  it("P26 takes over from a process that died over it", async () => {
    const adapter = await memory();
    const { store, janitor } = await processOn(adapter, "b");
    await finish(store, "x:old", "completed", 2 * DAY);
    const past = Date.now() - DAY;
    await store.insert(
      [
        {
          type: "$retention",
          payload: null,
          id: "$system:retention",
          state: "$resting",
          backoff: { type: "fixed", delayMs: 0 },
        },
      ],
      { now: past },
    );
    await store.poll({
      lanes: ["$system"],
      from: "$resting",
      to: "$pruning",
      limit: 1,
      lease: { ms: 1000, holder: "dead" },
      now: past,
    });
    // What else polls in this process has just looked for ended leases, in lanes of its own.
    await store.poll({ lanes: ["x"], limit: 1, lease: { ms: 1000, holder: "b" } });

    expect(await janitor.tidy()).toBe(1);
  });

  it("P26 goes on with what is left, lane after lane, until nothing is", async () => {
    const left = new Map([
      ["x", 45_000],
      ["y", 1500],
    ]);
    const served: string[] = [];
    const adapter = decorate(await memory(), {
      remove: async (query) => {
        const lane = "lane" in query ? (query.lane ?? "") : "";
        if (served.at(-1) !== lane) served.push(lane);
        const count = Math.min(left.get(lane) ?? 0, 1000);
        left.set(lane, (left.get(lane) ?? 0) - count);
        return count;
      },
    });
    const { store, janitor } = await processOn(adapter, "a");
    for (const lane of left.keys()) await store.configure(lane, {});

    expect(await janitor.tidy()).toBe(46_500);
    expect(served).toEqual(["$system", "x", "y", "x"]);
  });

  it("P26 removes large numbers in bounded calls, and stops when it is told to", async () => {
    const limits: number[] = [];
    const shared = await memory();
    const { store, janitor } = await processOn(
      decorate(shared, {
        remove: (query) => {
          if ("limit" in query) limits.push(query.limit);
          return shared.remove(query);
        },
      }),
      "a",
    );
    const now = Date.now() - 2 * DAY;
    await store.insert(
      Array.from({ length: 2500 }, (_, n) => ({ type: "a", payload: 1, id: `x:${n}` })),
      { now },
    );
    await store.cas(
      Array.from({ length: 2500 }, (_, n) => ({ id: `x:${n}`, expect: { version: 1 }, set: { state: "completed" } })),
      { now },
    );

    expect(await janitor.tidy()).toBe(2500);
    expect(limits.every((limit) => limit <= 1000)).toBe(true);
    await janitor.stop();
  });
});
