import type { Adapter } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { losing, openStore } from "../support/adapters.ts";
import { rejectionOf } from "../support/errors.ts";

const job = { type: "a", payload: 1 };

/** Takes effect, and then loses the reply so many times. */
const forgetful =
  (replies: number, calls: unknown[][] = []) =>
  (adapter: Adapter): Partial<Adapter> => {
    const lose = losing(replies);
    return {
      insert: (...args) => {
        calls.push(args);
        return lose(() => adapter.insert(...args));
      },
      cas: (...args) => lose(() => adapter.cas(...args)),
    };
  };

describe("an insert whose reply was lost", () => {
  it("P3 is sent again, finds its own jobs, and answers `added`; there is one of each", async () => {
    const calls: unknown[][] = [];
    const store = await openStore(forgetful(1, calls));

    const answers = await Promise.all([store.insert([job, job]), store.insert([job])]);

    expect(answers.flat().map(({ status }) => status)).toEqual(["added", "added", "added"]);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.[1]).toEqual({ maybeStored: true });
    expect((await store.list({ limit: 10 })).items).toHaveLength(3);
  });

  it("P3 answers `existing` for ids that the caller gave, since they may have been there before", async () => {
    const store = await openStore(forgetful(1));

    const answers = await store.insert([{ ...job, id: "mine" }, job]);

    expect(answers.map(({ status }) => status)).toEqual(["existing", "added"]);
    expect((await store.list({ limit: 10 })).items).toHaveLength(2);
  });

  it("P4 also when it was for all or none", async () => {
    const store = await openStore(forgetful(1));

    const answers = await store.insert([job, job], { allOrNone: true });

    expect(answers.map(({ status }) => status)).toEqual(["added", "added"]);
    expect((await store.list({ limit: 10 })).items).toHaveLength(2);
  });

  it("P4 knows by one fresh id that all of an all-or-none call were added, those named by the caller too", async () => {
    const store = await openStore(forgetful(1));

    const answers = await store.insert([job, { ...job, id: "mine" }], { allOrNone: true });

    expect(answers.map(({ status }) => status)).toEqual(["added", "added"]);
  });

  it("P25 is waited for by close", async () => {
    const store = await openStore(forgetful(1));
    const answer = store.insert([job]);
    await new Promise((resolve) => setImmediate(resolve));

    await store.close();

    expect((await answer)[0]?.status).toBe("added");
  });

  it("ends as UNAVAILABLE when the store does not come back", async () => {
    const store = await openStore(() => ({ insert: () => Promise.reject(new Error("down")) }));

    const error = await rejectionOf(store.insert([job]));

    expect(error.code).toBe("UNAVAILABLE");
    expect(error.message).toContain("failed to insert: down");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("P12 is not resent for a cas, whose second try could meet another job", async () => {
    let calls = 0;
    const store = await openStore((adapter) => ({
      cas: async (changes, at) => {
        calls++;
        await adapter.cas(changes, at);
        throw new Error("lost");
      },
    }));
    await store.insert([{ ...job, id: "a" }]);

    const changes = [1, 2].map((n) =>
      store.cas([{ id: "default:a", expect: { state: "waiting" }, set: { priority: n } }]),
    );
    const answers = await Promise.allSettled(changes);

    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toBe(2);
  });
});
