import type { NewJob } from "@anyqueue/api";
import { append, cas, configure, insert, poll, remove } from "@anyqueue/api/step";
import { describe, expect, it } from "vitest";
import { mapRows } from "./map-rows.ts";

const lease = { ms: 1000, holder: "ann" };

function newJob(key: string, fields: Partial<NewJob> = {}): NewJob {
  const job = { id: `main:${key}`, lane: "main", type: "t", payload: null, state: "waiting", priority: 0 };
  return { ...job, maxAttempts: 3, ...fields };
}

function storeWith(...jobs: readonly NewJob[]): ReturnType<typeof mapRows> {
  const store = mapRows();
  store.do((step) => insert(step, jobs));
  return store;
}

function take(store: ReturnType<typeof mapRows>, limit: number, now = 0): string[] {
  return store.do((step) => poll(step, { limit, lease }, 0), now).jobs.map(({ id }) => id);
}

function end(store: ReturnType<typeof mapRows>, id: string, state: string): unknown {
  return store.do((step) => cas(step, [{ id, expect: {}, set: { state } }]))[0];
}

describe("a step", () => {
  it("P6 gives a job to one poll", () => {
    const store = storeWith(newJob("a"), newJob("b"));
    expect(take(store, 1)).toEqual(["main:a"]);
    expect(take(store, 9)).toEqual(["main:b"]);
    expect(take(store, 9)).toEqual([]);
  });

  it("P4 adds nothing of a call of which not all can be added", () => {
    const store = storeWith(newJob("a"));
    const outcomes = store.do((step) => insert(step, [newJob("b"), newJob("a")], { allOrNone: true }));
    expect(outcomes.map(({ status }) => status)).toEqual(["skipped", "existing"]);
    expect(store.states()).toEqual({ "main:a": "waiting" });
  });

  it("P10 tells when a lease ends, if nothing is due before", () => {
    const store = storeWith(newJob("a"));
    take(store, 9);
    expect(store.do((step) => poll(step, { limit: 9, lease }, 0)).nextDueAt).toBe(1000);
  });

  it("P15 takes over what nobody settled in time", () => {
    const store = storeWith(newJob("a"));
    take(store, 9);
    const { jobs, expired } = store.do((step) => poll(step, { limit: 9, lease, expired: 9 }, 0), 1000);
    expect({ jobs, expired: expired.map(({ id }) => id) }).toEqual({ jobs: [], expired: ["main:a"] });
  });

  it("P17 lets another job have a unique key when the one before has ended", () => {
    const unique = { key: "k", until: "finished" } as const;
    const store = storeWith(newJob("a", { unique }));
    const add = (key: string) => store.do((step) => insert(step, [newJob(key, { unique })]))[0];
    expect(add("b")).toMatchObject({ status: "existing", by: "unique", id: "main:a" });
    end(store, "main:a", "completed");
    expect(add("c")).toEqual({ status: "added", id: "main:c" });
    expect(end(store, "main:a", "waiting")).toEqual({ status: "duplicate", id: "main:c" });
  });

  it("P18 gives the turn to the next in line when the one before is gone", () => {
    const orderingKey = "k";
    const store = storeWith(newJob("a", { orderingKey }), newJob("b", { orderingKey }));
    expect(take(store, 9)).toEqual(["main:a"]);
    store.do((step) => remove(step, { ids: ["main:a"] }));
    expect(take(store, 9)).toEqual(["main:b"]);
  });

  it("P19 begins no more than the lane allows, and takes no more than it has room for", () => {
    const store = mapRows();
    store.do((step) => configure(step, "main", { concurrency: 1, capacity: 2 }));
    const outcomes = store.do((step) => insert(step, [newJob("a"), newJob("b"), newJob("c")]));
    expect(outcomes.map(({ status }) => status)).toEqual(["added", "added", "full"]);
    expect(take(store, 9)).toEqual(["main:a"]);
  });

  it("P20 lets a job begin when all that it depends on is completed", () => {
    const store = storeWith(newJob("a"), newJob("b"), newJob("c", { dependsOn: ["main:a", "main:b"] }));
    end(store, "main:a", "completed");
    expect(store.states()["main:c"]).toBe("blocked");
    end(store, "main:b", "completed");
    expect(store.states()["main:c"]).toBe("waiting");
  });

  it("P20 lets a job that is cancelled for one of those it depends on not begin because of another", () => {
    const store = storeWith(
      newJob("a"),
      newJob("b", { dependsOn: ["main:a"] }),
      newJob("c", { dependsOn: ["main:a", "main:b"], onParent: "release" }),
      newJob("d", { dependsOn: ["main:a", "main:b"] }),
    );
    end(store, "main:a", "failed");
    expect(store.states()).toEqual({
      "main:a": "failed",
      "main:b": "cancelled",
      "main:c": "waiting",
      "main:d": "cancelled",
    });
  });

  it("P20 follows many changes of one call as if each were a call", () => {
    const store = storeWith(newJob("a"), newJob("b"), newJob("c", { dependsOn: ["main:a", "main:b"] }));
    const change = (id: string, state: string) => ({ id, expect: {}, set: { state } });
    const changes = [change("main:a", "completed"), change("main:b", "completed"), change("main:c", "completed")];
    store.do((step) => cas(step, changes));
    expect(store.states()).toEqual({ "main:a": "completed", "main:b": "completed", "main:c": "completed" });
  });

  it("P22 logs what users say", () => {
    const store = storeWith(newJob("a"));
    expect(store.do((step) => append(step, [{ id: "main:a", event: "hello" }]))).toEqual([{ status: "ok" }]);
    expect(store.events.map(({ event }) => event)).toEqual([{ id: "main:a", at: 0, kind: "user", data: "hello" }]);
  });

  it("P26 removes a job of which nothing is kept in the step that ends it, unless another one depends on it", () => {
    const store = mapRows();
    store.do((step) => configure(step, "main", { keep: { completed: false } }));
    store.do((step) => insert(step, [newJob("a"), newJob("b"), newJob("c", { dependsOn: ["main:b"] })]));
    end(store, "main:a", "completed");
    end(store, "main:b", "completed");
    expect(store.states()).toEqual({ "main:b": "completed", "main:c": "waiting" });
  });
});
