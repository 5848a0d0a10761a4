import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asLongAsJobsRun, stopped } from "../src/patience.ts";
import { InvalidRun } from "../src/tally.ts";

const never = new Promise<never>(() => undefined);
const HALF_A_MINUTE = 30_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

it("waits for as long as jobs run, and says why they do not run any more", async () => {
  let count = 0;
  const waiting = asLongAsJobsRun(
    never,
    () => count,
    () => "the disk is full",
  );
  const told = waiting.catch((error: unknown) => error);
  for (; count < 7; count++) vi.advanceTimersByTime(HALF_A_MINUTE);
  vi.advanceTimersByTime(2 * HALF_A_MINUTE);
  expect(await told).toEqual(new InvalidRun("after 7 jobs it ran no other: the disk is full"));
});

it("ends when it is over, as it ended", async () => {
  const ran = (): number => 0;
  expect(await asLongAsJobsRun(Promise.resolve(), ran)).toBeUndefined();
  await expect(asLongAsJobsRun(Promise.reject(new Error("no")), ran)).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
});

it("stops a worker, and tells that it could not be stopped", async () => {
  const told: string[] = [];
  await stopped(async () => told.push("stops"));
  expect(told).toEqual(["stops"]);
  await expect(stopped(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
});
