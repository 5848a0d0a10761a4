import { describe, expect, it } from "vitest";
import { defineJobs, openQueue, type Queue, type ScheduleOptions, type When } from "@anyqueue/api";
import { Type } from "typebox";
import { rejectionOf } from "../support/errors.ts";
import { decorate } from "../support/adapters.ts";
import { HOUR, MINUTE, openShared, START } from "./clocked.ts";

const hourly = { every: "1h" } as const;

describe("a schedule", () => {
  it("is made with its next tick worked out by the store's clock, and is listed by name", async () => {
    const { queue } = await openShared();
    const made = await queue.schedule(
      "tidy",
      hourly,
      "tidy.up",
      { deep: true },
      { job: { lane: "night", priority: 7 } },
    );
    await queue.schedule("report", { cron: "0 3 * * *", tz: "Europe/Berlin" }, "report.build", null);

    expect(made).toEqual({
      name: "tidy",
      when: { every: HOUR },
      type: "tidy.up",
      payload: { deep: true },
      job: { lane: "night", priority: 7 },
      missed: "once",
      overlap: "allow",
      paused: false,
      next: START + 30 * MINUTE,
    });
    expect(await queue.schedules()).toEqual([
      expect.objectContaining({
        name: "report",
        when: { cron: "0 3 * * *", tz: "Europe/Berlin" },
        job: { lane: "default" },
        next: Date.parse("2026-11-23T02:00:00Z"),
      }),
      made,
    ]);
  });

  it("that is so already is not written again", async () => {
    const { queue, adapter } = await openShared();
    const made = await queue.schedule("tidy", { every: "60m" }, "tidy.up", { a: 1, b: 2 });
    const untouched = await openQueue(
      decorate(adapter, {
        insert: () => Promise.reject(new Error("It was inserted.")),
        cas: () => Promise.reject(new Error("It was changed.")),
      }),
    );
    expect(await untouched.schedule("tidy", hourly, "tidy.up", { b: 2, a: 1 })).toEqual(made);
  });

  it("is one schedule when many processes make it at once", async () => {
    const { adapter } = await openShared();
    const queues = await Promise.all(Array.from({ length: 5 }, () => openQueue(adapter)));
    const made = await Promise.all(queues.map((queue) => queue.schedule("tidy", hourly, "tidy.up", null)));
    expect(new Set(made.map(({ next }) => next))).toEqual(new Set([START + 30 * MINUTE]));
    expect(await queues[0]?.schedules()).toHaveLength(1);
  });

  it("that gets another timetable begins anew with it, and another payload leaves its next tick alone", async () => {
    const { queue, at } = await openShared();
    await queue.schedule("tidy", hourly, "tidy.up", 1);
    at(45 * MINUTE);
    expect(await queue.schedule("tidy", hourly, "tidy.up", 2)).toMatchObject({ payload: 2, next: START + 30 * MINUTE });
    expect(await queue.schedule("tidy", { every: "10m" }, "tidy.up", 2)).toMatchObject({ next: START + 50 * MINUTE });
  });

  it("is paused, stays so when it is changed, and resumes with the first tick from then", async () => {
    const { queue, at } = await openShared();
    await queue.schedule("tidy", hourly, "tidy.up", 1);
    expect(await queue.pauseSchedule("tidy")).toMatchObject({ paused: true, next: null });
    expect(await queue.pauseSchedule("tidy")).toMatchObject({ paused: true });
    expect(await queue.schedule("tidy", { every: "10m" }, "tidy.up", 2)).toMatchObject({ paused: true, payload: 2 });
    at(5 * HOUR + MINUTE);
    expect(await queue.resumeSchedule("tidy")).toMatchObject({ paused: false, next: START + 5 * HOUR + 10 * MINUTE });
    expect(await queue.resumeSchedule("tidy")).toMatchObject({ paused: false });
  });

  it("is removed, once; and what is not there is neither paused nor resumed nor removed", async () => {
    const { queue } = await openShared();
    await queue.schedule("tidy", hourly, "tidy.up", 1);
    expect([await queue.unschedule("tidy"), await queue.unschedule("tidy")]).toEqual([true, false]);
    expect([await queue.pauseSchedule("tidy"), await queue.resumeSchedule("tidy")]).toEqual([null, null]);
    expect(await queue.schedules()).toEqual([]);
  });

  it("has ended when no tick is left, and begins again with another end", async () => {
    const { queue } = await openShared();
    const over = { every: "1h", end: START - 1 } as const;
    expect(await queue.schedule("tidy", over, "tidy.up", 1)).toMatchObject({ paused: false, next: null });
    expect(await queue.pauseSchedule("tidy")).toMatchObject({ paused: false, next: null });
    const longer = { every: "1h", end: START + HOUR } as const;
    expect(await queue.schedule("tidy", longer, "tidy.up", 1)).toMatchObject({ next: START + 30 * MINUTE });
  });

  it("goes on when its own job was cancelled and it is made again", async () => {
    const { queue } = await openShared();
    await queue.schedule("tidy", hourly, "tidy.up", 1);
    await queue.cancel("$schedules:tidy");
    expect(await queue.schedules()).toMatchObject([{ next: null }]);
    expect(await queue.schedule("tidy", hourly, "tidy.up", 1)).toMatchObject({ next: START + 30 * MINUTE });
  });

  it("takes what its type's definition says, and its payload is checked against the schema", async () => {
    const jobs = defineJobs({
      "tidy.up": { payload: Type.Object({ deep: Type.Boolean() }), lane: "night", maxAttempts: 9, timeout: "5m" },
    });
    await using queue = await openQueue("memory:", { jobs });
    const { job } = await queue.schedule("tidy", hourly, "tidy.up", { deep: true }, { job: { maxAttempts: 2 } });
    expect(job).toEqual({ lane: "night", maxAttempts: 2, timeoutMs: 300_000 });

    // @ts-expect-error The payload's `deep` is missing.
    expect(await rejectionOf(queue.schedule("tidy", hourly, "tidy.up", {}))).toMatchObject({ code: "INVALID" });
    // @ts-expect-error There is no such type.
    const unknown = await rejectionOf(queue.schedule("tidy", hourly, "tidy.upp", { deep: true }));
    expect(unknown.message).toContain("Did you mean `tidy.up`?");
  });

  it("is hidden from lists, lanes and selections of jobs", async () => {
    const { queue } = await openShared();
    await queue.schedule("tidy", hourly, "tidy.up", 1);
    expect((await queue.list({})).items).toEqual([]);
    expect((await queue.lanes()).map(({ lane }) => lane)).toEqual(["default"]);
    expect(await queue.cancel({ types: ["**"] })).toEqual({ cancelled: 0, requested: 0 });
    expect(await queue.schedules()).toHaveLength(1);
  });

  it.each<[string, When, ScheduleOptions, string]>([
    ["", hourly, {}, "a name of 1 to 200 characters"],
    ["x".repeat(201), hourly, {}, "a name of 1 to 200 characters"],
    ["a\nb", hourly, {}, "a name of 1 to 200 characters"],
    ["tidy", { cron: "never" }, {}, "Cannot schedule tidy: `cron` must have five fields"],
    ["tidy", hourly, { overlaps: "skip" } as never, "Did you mean `overlap`?"],
    ["tidy", hourly, { overlap: "never" as never }, '`overlap` must be "allow" or "skip" or "queue"'],
    ["tidy", hourly, { missed: "some" as never }, '`missed` must be "skip" or "once" or "all"'],
    ["tidy", hourly, { missed: "all", overlap: "skip" }, 'use `missed: "once"`'],
    ["tidy", hourly, { job: { id: "a" } as never }, "`job.id` cannot be given; the id of each job"],
    ["tidy", hourly, { job: { delay: 5 } as never }, "`job.delay` cannot be given; each job is due at its tick"],
    ["tidy", hourly, { job: { lanes: "a" } as never }, "`lanes` is not an option. Did you mean `lane`?"],
    ["tidy", hourly, { job: { lane: "$a" } }, "names that begin with $ are reserved"],
    ["tidy", hourly, { job: 5 as never }, "`job` must be an object of options"],
  ])("is refused by name %j, %o, %o", async (name, when, options, message) => {
    const { queue } = await openShared();
    const error = await rejectionOf((queue as Queue).schedule(name, when, "tidy.up", null, options));
    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(message);
    expect(await queue.schedules()).toEqual([]);
  });
});
