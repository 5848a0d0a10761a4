import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alarm } from "../../src/alarm.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether the sleep is over. */
async function isOver(sleep: Promise<void>): Promise<boolean> {
  return Promise.race([sleep.then(() => true), vi.advanceTimersByTimeAsync(0).then(() => false)]);
}

describe("Alarm", () => {
  it("sleeps until its time, or until it is rung", async () => {
    const alarm = new Alarm();
    const sleep = alarm.sleep(100);

    await vi.advanceTimersByTimeAsync(99);
    expect(await isOver(sleep)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver(sleep)).toBe(true);

    const second = alarm.sleep(Infinity);
    alarm.ring();
    expect(await isOver(second)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not lose a ring that comes while nobody sleeps, and counts it once", async () => {
    const alarm = new Alarm();
    alarm.ring();
    alarm.ring();

    expect(await isOver(alarm.sleep(100))).toBe(true);
    expect(await isOver(alarm.sleep(100))).toBe(false);
  });

  it("forgets what rang before, if it is told to", async () => {
    const alarm = new Alarm();
    alarm.ring();
    alarm.hush();

    expect(await isOver(alarm.sleep(100))).toBe(false);
  });

  it("sleeps for longer than a timer can count", async () => {
    const sleep = new Alarm().sleep(2 ** 40);

    await vi.advanceTimersByTimeAsync(1000);

    expect(await isOver(sleep)).toBe(false);
  });
});
