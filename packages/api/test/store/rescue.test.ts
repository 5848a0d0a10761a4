import type { Job } from "@anyqueue/api";
import { describe, expect, it, vi } from "vitest";
import { openStore } from "../support/adapters.ts";
import { rejectionOf } from "../support/errors.ts";

const job = { type: "a", payload: 1, backoff: { type: "fixed", delayMs: 100 } as const };
const take = { limit: 10, lease: { ms: 10, holder: "me" } };

describe("rescue", () => {
  it("P15 counts an attempt whose lease ended once, however many rescuers meet it", async () => {
    const store = await openStore();
    await store.insert([{ ...job, id: "a" }], { now: 0 });
    await store.poll({ ...take, now: 0 });

    const rescued = await Promise.all([1, 2, 3].map(() => store.rescue({ limit: 10, now: 20 })));

    expect(rescued.reduce((sum, count) => sum + count)).toBe(1);
    expect((await store.get(["default:a"]))[0]).toMatchObject({
      state: "waiting",
      attempt: 1,
      runAt: 120,
      error: { code: "LEASE_ENDED", attempt: 1 },
    });
  });

  it("P15 fails a job whose attempts are used up, and cancels one that was asked to stop", async () => {
    const store = await openStore();
    await store.insert(
      [
        { ...job, id: "a", maxAttempts: 1 },
        { ...job, id: "b" },
      ],
      { now: 0 },
    );
    await store.poll({ ...take, now: 0 });
    await store.cas([{ id: "default:b", expect: { state: "active" }, set: { cancel: true } }], { now: 0 });

    expect(await store.rescue({ limit: 10, now: 20 })).toBe(2);
    const [a, b] = await store.get(["default:a", "default:b"]);
    expect(a).toMatchObject({ state: "failed", attempt: 1, error: { code: "LEASE_ENDED" } });
    expect(b).toMatchObject({ state: "cancelled" });
  });

  it("P15 leaves living leases, other lanes and what is beyond the limit", async () => {
    const store = await openStore();
    await store.insert(
      ["a:1", "a:2", "b:1"].map((id) => ({ ...job, id })),
      { now: 0 },
    );
    await store.poll({ ...take, now: 0 });

    expect(await store.rescue({ limit: 10, now: 9 })).toBe(0);
    expect(await store.rescue({ lanes: ["a"], limit: 1, now: 20 })).toBe(1);
    expect(await store.rescue({ lanes: ["b"], limit: 10, now: 20 })).toBe(1);
  });

  it("P15 needs no reaper: who polls settles what others lost, also with a backoff of the user's own that throws", async () => {
    const backoff = (): never => {
      throw new Error("slip");
    };
    const store = await openStore(undefined, { backoff });
    const past = Date.now() - 60_000;
    await store.insert([{ ...job, id: "a" }], { now: past });
    await store.poll({ ...take, now: past });

    const found: Job[] = [];
    await vi.waitFor(async () => {
      found.push(...(await store.poll({ limit: 1, lease: { ms: 60_000, holder: "me" } })).jobs);
      expect(found).toHaveLength(1);
    }, 60_000);

    expect(found[0]).toMatchObject({ id: "default:a", attempt: 2, error: { code: "LEASE_ENDED" } });
  });

  it("P15 hands what is due at once after its lease ended to the very poll that settled it", async () => {
    const store = await openStore();
    const past = Date.now() - 60_000;
    await store.insert([{ ...job, id: "a", backoff: { type: "fixed", delayMs: 0 } }], { now: past });
    await store.poll({ ...take, now: past });

    const { jobs } = await store.poll({ limit: 1, lease: { ms: 60_000, holder: "me" } });

    expect(jobs).toMatchObject([{ id: "default:a", attempt: 2 }]);
  });

  it("P15 rescues in the lanes of every worker, also beside one that polls others all the time", async () => {
    const store = await openStore();
    const past = Date.now() - 60_000;
    await store.insert([{ ...job, id: "b:lost" }], { now: past });
    await store.poll({ ...take, lanes: ["b"], now: past });
    const lease = { ms: 60_000, holder: "me" };

    await store.poll({ lanes: ["a"], limit: 1, lease });
    await store.poll({ lanes: ["b"], limit: 1, lease });

    expect((await store.get(["b:lost"]))[0]?.error?.code).toBe("LEASE_ENDED");
  });

  it("P6 hands the jobs of a poll to its caller, also when what it took over could not be settled", async () => {
    let failing = false;
    const store = await openStore((adapter) => ({
      cas: (...args) => (failing ? Promise.reject(new Error("no")) : adapter.cas(...args)),
    }));
    const past = Date.now() - 60_000;
    await store.insert([{ ...job, id: "lost" }], { now: past });
    await store.poll({ ...take, now: past });
    await store.insert([{ ...job, id: "next" }]);
    failing = true;

    const { jobs, expired } = await store.poll({ limit: 10, lease: { ms: 60_000, holder: "me" } });

    expect(jobs.map(({ id }) => id)).toEqual(["default:next"]);
    expect(expired).toEqual([]);
  });

  it("tells the caller that settling failed, when there is nothing else to tell", async () => {
    const store = await openStore(() => ({ cas: () => Promise.reject(new Error("no")) }));
    const past = Date.now() - 60_000;
    await store.insert([{ ...job, id: "lost" }], { now: past });
    await store.poll({ ...take, now: past });

    expect(await rejectionOf(store.poll({ limit: 10, lease: { ms: 10, holder: "me" } }))).toMatchObject({
      code: "UNAVAILABLE",
    });
  });

  it("P17 brings a job back without its unique key when another one has that by now", async () => {
    const store = await openStore();
    const unique = { key: "k", until: "started" } as const;
    await store.insert(
      [
        { ...job, id: "lost", unique },
        { ...job, id: "free" },
      ],
      { now: 0 },
    );
    await store.poll({ ...take, now: 0 });
    await store.insert([{ ...job, id: "next", unique }], { now: 5 });

    expect(await store.rescue({ limit: 10, now: 20 })).toBe(2);

    const jobs = await store.get(["default:lost", "default:free", "default:next"]);
    expect(jobs[0]).not.toHaveProperty("unique");
    expect(jobs).toMatchObject([
      { state: "waiting", error: { code: "LEASE_ENDED" } },
      { state: "waiting" },
      { state: "waiting", attempt: 0 },
    ]);
  });

  it("P17 P21 cancels one that was asked to stop, whoever holds its key", async () => {
    const store = await openStore();
    const unique = { key: "k", until: "started" } as const;
    await store.insert([{ ...job, id: "lost", unique }], { now: 0 });
    await store.poll({ ...take, now: 0 });
    await store.cas([{ id: "default:lost", expect: { state: "active" }, set: { cancel: true } }], { now: 0 });
    await store.insert([{ ...job, id: "next", unique }], { now: 5 });

    expect(await store.rescue({ limit: 10, now: 20 })).toBe(1);
    expect(await store.get(["default:lost"])).toMatchObject([{ state: "cancelled" }]);
  });
});
