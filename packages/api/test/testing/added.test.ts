import { AssertionError } from "node:assert";
import { openTestQueue, type TestQueue } from "@anyqueue/api/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

let queue: TestQueue;
beforeEach(async () => {
  queue = await openTestQueue();
  onTestFinished(() => queue.close());
});

/** The message of the AssertionError with which a promise is rejected. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AssertionError) return error.message;
  throw new Error("It was not refused.", { cause: error });
}

describe("added", () => {
  it("answers all jobs, or those of a type, in the order in which they were added", async () => {
    for (let n = 0; n < 3; n++) await queue.add(n === 1 ? "b" : "a", n, { priority: 3 - n, lane: `l${n}` });
    expect((await queue.added()).map(({ payload }) => payload)).toEqual([0, 1, 2]);
    expect((await queue.added("a")).map(({ payload }) => payload)).toEqual([0, 2]);
  });
});

describe("expectAdded", () => {
  it("answers the first job that fits in what is named", async () => {
    await queue.add("mail", { to: { name: "Ada", tags: ["x", "y"] }, n: 1 }, { lane: "mails", delay: "5m", id: "m1" });
    await queue.add("mail", { to: { name: "Bob", tags: [] }, n: 0 });
    const job = await queue.expectAdded("mail", { to: { name: "Ada" } });
    expect(job.id).toBe("mails:m1");
    await queue.expectAdded("mail");
    await queue.expectAdded("mail", undefined, { times: 2 });
    await queue.expectAdded("mail", { to: { tags: ["x", "y"] } }, { lane: "mails", delay: "5m", priority: "normal" });
    await queue.expectAdded("mail", { n: 1 }, { id: "m1", maxAttempts: 3, runAt: queue.clock.now() + 300_000 });
    await queue.expectAdded("mail", { n: 1 }, { id: "mails:m1", times: 1 });
  });

  it("takes a Date for no payload at all, as add does", async () => {
    await queue.add("mail", { at: {} });
    expect(await messageOf(queue.expectAdded("mail", new Date()))).toContain("was not added");
    expect(await messageOf(queue.expectAdded("mail", { at: new Date() }))).toContain("was not added");
  });

  it("finds a job that a handler spawned, also after it has run", async () => {
    await queue.add("a", 1);
    await queue.runUntilIdle({ a: (_job, { spawn }) => spawn("b", { from: "a" }), b: () => undefined });
    expect(await queue.expectAdded("b", { from: "a" })).toMatchObject({ state: "completed" });
  });

  it("tells what was added instead", async () => {
    expect(await messageOf(queue.expectAdded("mail"))).toBe("A mail job was not added. Nothing was added at all.");
    await queue.add("note", 1, { id: "n" });
    await queue.add("note", { tags: ["x"] }, { id: "o" });
    expect(await messageOf(queue.expectAdded("mail", { to: "ada" }, { lane: "mails" }))).toBe(
      'A mail job with payload {"to":"ada"} and {"lane":"mails"} was not added. Of this type there is none; added were note (2).',
    );
    expect(await messageOf(queue.expectAdded("note", { tags: [] }))).toBe(
      'A note job with payload {"tags":[]} was not added. Of this type there are 2:\n' +
        '  default:n: `payload` is 1, not {"tags":[]}\n' +
        "  default:o: `payload.tags` has 1 items, not 0",
    );
    expect(await messageOf(queue.expectAdded("note", { a: 1 }, { lane: "other" }))).toContain(
      '`lane` is "default", not "other"',
    );
    expect(await messageOf(queue.expectAdded("note", { tags: ["x"], more: true }))).toContain(
      "default:o: `payload.more` is absent, not true",
    );
    expect(await messageOf(queue.expectAdded("note", undefined, { times: 1 }))).toBe(
      "A note job was added 2 times, and not once:\n  default:n\n  default:o",
    );
  });

  it("refuses options that are none", async () => {
    await expect(queue.expectAdded("a", 1, { lan: "x" } as never)).rejects.toThrow("Did you mean `lane`?");
    await expect(queue.expectAdded("a", 1, { times: 0 })).rejects.toThrow("`times`");
    await expect(queue.expectAdded("a", 1, { delay: "soon" })).rejects.toThrow("`delay`");
  });
});

describe("expectNotAdded", () => {
  it("refuses a job that fits, and only that", async () => {
    await queue.add("mail", { to: "ada" }, { id: "m" });
    await queue.expectNotAdded("note");
    await queue.expectNotAdded("mail", { to: "bob" });
    await queue.expectNotAdded("mail", { to: "ada" }, { lane: "other" });
    expect(await messageOf(queue.expectNotAdded("mail"))).toBe(
      'A mail job was added, and should not have been:\n  default:m {"to":"ada"}',
    );
  });
});
