import { type NewJob, QueueError } from "@anyqueue/api";
import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import { describe, expect, it } from "vitest";
import { openClient, temporarySchema } from "../server.ts";
import { job, openStore } from "../stores.ts";

const lease = { ms: 3_600_000, holder: "me" };

describe("clients of one store that have a connection each", () => {
  it("P17 add jobs of overlapping unique keys to exactly one of each, and are told who holds the others", async () => {
    const stores = await crowd(10);
    const held = new Map<string, string>();
    const complaints: string[] = [];
    await Promise.all(
      stores.map(async (store, n) => {
        for (let round = 0; round < 15; round++) {
          const keys = Array.from({ length: 10 }, () => `k${random(300)}`);
          const jobs = keys.map((key, i) =>
            job(`${n}-${round}-${i}`, { unique: { key, until: "finished" }, payload: key }),
          );
          const outcomes = await store.insert(jobs);
          for (const [i, outcome] of outcomes.entries()) {
            if (outcome.status !== "added" && outcome.status !== "existing") complaints.push(outcome.status);
            else if ((held.get(keys[i] ?? "") ?? outcome.id) !== outcome.id)
              complaints.push(`${keys[i]} has two holders`);
            else held.set(keys[i] ?? "", outcome.id);
          }
        }
      }),
    );
    expect(complaints).toEqual([]);
    const { items } = await first(stores).list({ limit: 1000 });
    expect(items.map(({ id }) => id).toSorted()).toEqual([...held.values()].toSorted());
  });

  it("P18 strand no job of a key, nor run two of one at a time or out of order", async () => {
    const stores = await crowd(10);
    const keys = Array.from({ length: 11 }, (_, n) => `k${n}`);
    const running = new Set<string>();
    // By key and who added it: whoever adds one job after another sees them run in that order.
    const last = new Map<string, number>();
    let ran = 0;
    const complaints: string[] = [];
    let open = 5;
    const insert = async (store: PostgresAdapter, n: number) => {
      for (let round = 0; round < 20; round++) {
        const jobs = Array.from({ length: 6 }, (_, i): NewJob => {
          const orderingKey = keys[random(keys.length)] ?? "";
          return job(`${n}-${round}-${i}`, { orderingKey, priority: random(3), payload: [n, round * 6 + i] });
        });
        await store.insert(jobs);
      }
      open--;
    };
    const work = async (store: PostgresAdapter) => {
      for (;;) {
        const isLast = open === 0;
        const { jobs, nextDueAt } = await store.poll({ lanes: ["default"], limit: 4, lease });
        if (jobs.length === 0 && isLast && nextDueAt === null) return;
        for (const each of jobs) {
          const key = each.orderingKey ?? "";
          if (running.has(key)) complaints.push(`two of ${key} run at once`);
          running.add(key);
          const [n, place] = each.payload as [number, number];
          if ((last.get(`${key} ${n}`) ?? -1) > place) complaints.push(`${key} was out of order`);
          last.set(`${key} ${n}`, place);
          ran++;
        }
        for (const { orderingKey = "" } of jobs) running.delete(orderingKey);
        await store.cas(jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })));
      }
    };
    await Promise.all(stores.map((store, n) => (n < 5 ? insert(store, n) : work(store))));
    expect(complaints).toEqual([]);
    expect(ran).toBe(5 * 20 * 6);
    expect(await first(stores).poll({ limit: 9, lease })).toMatchObject({ jobs: [], nextDueAt: null });
    expect((await (await openClient()).query(`SELECT FROM ${schemaOf(stores)}.debts`)).rows).toEqual([]);
  });

  it("P20 release a job when all that it depends on end at once, and cancel those who cannot go on", async () => {
    const stores = await crowd(8);
    const store = first(stores);
    for (let round = 0; round < 10; round++) {
      const parents = stores.map((_, n) => job(`parent-${round}-${n}`));
      const ids = parents.map(({ id }) => id);
      const [child, strict] = [
        job(`child-${round}`, { dependsOn: ids, onParent: "release" }),
        job(`strict-${round}`, { dependsOn: ids }),
      ];
      await store.insert([...parents, child, strict]);
      await Promise.all(
        stores.map((each, n) =>
          each.cas([
            { id: ids[n] ?? "", expect: { state: "waiting" }, set: { state: n === 3 ? "failed" : "completed" } },
          ]),
        ),
      );
      expect(await store.get([child.id, strict.id])).toMatchObject([
        { state: "waiting", version: 2 },
        { state: "cancelled", version: 2 },
      ]);
    }
  });

  it("P20 never leave a job blocked that was added while what it depends on was finishing", async () => {
    const stores = await crowd(8);
    const store = first(stores);
    for (let round = 0; round < 25; round++) {
      const parent = job(`parent-${round}`);
      await store.insert([parent]);
      const children = stores
        .slice(1)
        .map((_, n) => job(`child-${round}-${n}`, { dependsOn: [parent.id], lane: "children" }));
      await Promise.all([
        store.cas([{ id: parent.id, expect: { state: "waiting" }, set: { state: "completed" } }]),
        ...children.map((child, n) => stores[n + 1]?.insert([child])),
      ]);
      const { jobs } = await store.poll({ lanes: ["children"], limit: 99, lease });
      expect(jobs).toHaveLength(children.length);
    }
  });

  it("P19 add no job too many to a lane with a capacity, and none too few, beside others who finish some", async () => {
    const stores = await crowd(13);
    const store = first(stores);
    const client = await openClient();
    const schema = schemaOf(stores);
    await store.configure("default", { capacity: 50 });
    let added = 0;
    let isOver = false;
    const most: number[] = [];
    const add = async (each: PostgresAdapter, n: number) => {
      for (let round = 0; round < 25; round++) {
        const jobs = Array.from({ length: 1 + random(8) }, (_, i) => job(`${n}-${round}-${i}`));
        const outcomes = await each.insert(jobs);
        added += outcomes.filter(({ status }) => status === "added").length;
      }
    };
    const drain = async (each: PostgresAdapter) => {
      while (!isOver) {
        const { jobs } = await each.poll({ lanes: ["default"], limit: 3, lease });
        await each.cas(jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })));
      }
    };
    const watch = async () => {
      while (!isOver) {
        const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${schema}.hot_jobs`);
        most.push(rows[0]?.n ?? 0);
      }
    };
    const others = [watch(), ...stores.slice(10).map(drain)];
    await Promise.all(stores.slice(0, 10).map(add)).finally(() => (isOver = true));
    await Promise.all(others);
    expect(Math.max(...most)).toBeLessThanOrEqual(50);
    const { rows } = await client.query(
      `SELECT (SELECT count(*) FROM ${schema}.hot_jobs) + (SELECT count(*) FROM ${schema}.history) AS n`,
    );
    expect(Number((rows[0] as { n: string }).n)).toBe(added);
    const outcomes = await store.insert(Array.from({ length: 60 }, (_, n) => job(`last-${n}`)));
    const left = (await store.lanes())[0]?.counts;
    expect((left?.["waiting"] ?? 0) + (left?.["active"] ?? 0)).toBe(50);
    expect(outcomes.at(-1)).toEqual({ status: "full" });
  });

  it("P19 lease no job too many of a lane with a concurrency", async () => {
    const stores = await crowd(10);
    const store = first(stores);
    const client = await openClient();
    const schema = schemaOf(stores);
    await store.configure("default", { concurrency: 7 });
    await store.insert(Array.from({ length: 300 }, (_, n) => job(String(n))));
    const most: number[] = [];
    let done = 0;
    const work = async (each: PostgresAdapter, n: number) => {
      while (done < 300) {
        const { jobs } = await each.poll({
          lanes: ["default"],
          limit: 3,
          lease,
          ...(n % 3 === 0 && { types: ["mail.*"] }),
          ...(n % 3 === 1 && { where: { payload: { exists: true } } }),
        });
        if (n === 0) {
          const { rows } = await client.query<{ n: number }>(
            `SELECT count(*)::int AS n FROM ${schema}.hot_jobs WHERE lease_until IS NOT NULL`,
          );
          most.push(rows[0]?.n ?? 0);
        }
        await each.cas(jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })));
        done += jobs.length;
      }
    };
    await Promise.all(stores.map(work));
    expect(Math.max(...most)).toBeLessThanOrEqual(7);
    expect(done).toBe(300);
  });
});

describe("a job that depends on another", () => {
  it("P20 refuses circles with stored jobs as INVALID", async () => {
    const store = await openStore();
    await store.insert([job("a", { dependsOn: ["default:b"], onParent: "leave" })]);
    const circle = store.insert([job("b", { dependsOn: ["default:a"] })]);
    await expect(circle).rejects.toBeInstanceOf(QueueError);
    await expect(circle).rejects.toMatchObject({ code: "INVALID" });
  });
});

const schemas = new WeakMap<object, string>();

/** So many handles on one store. */
async function crowd(count: number): Promise<PostgresAdapter[]> {
  const schema = temporarySchema();
  const stores: PostgresAdapter[] = [];
  for (let n = 0; n < count; n++) stores.push(await openStore({ schema, connections: 1 }));
  schemas.set(stores, schema);
  return stores;
}

function schemaOf(stores: readonly PostgresAdapter[]): string {
  return schemas.get(stores) ?? "";
}

function first(stores: readonly PostgresAdapter[]): PostgresAdapter {
  return stores[0] as PostgresAdapter;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
