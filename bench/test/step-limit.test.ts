import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startProcess } from "../src/processes/children.ts";
import { reply } from "../src/processes/reply.ts";
import { programBeside } from "../src/program-beside.ts";
import { GivenUp, limitOf, NotEnded, withinLimit } from "../src/step-limit.ts";

const program = (name: string): string => programBeside(`programs/${name}`, import.meta.url);

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A step that waits for what a process never says; it has begun when that process has. */
function standingStill(): { readonly step: () => Promise<never>; readonly begun: Promise<unknown> } {
  const begun = Promise.withResolvers<unknown>();
  const step = async (): Promise<never> => {
    const child = startProcess(program("waits"), []);
    begun.resolve(reply(child));
    await begun.promise;
    return reply<never>(child);
  };
  return { step, begun: begun.promise };
}

it("answers what came of a step, or why it failed", async () => {
  expect(await withinLimit(async () => 5, 1000)).toBe(5);
  await expect(withinLimit(() => Promise.reject(new Error("no")), 1000)).rejects.toThrow("no");
});

it("leaves a step that does not end, and ends its processes, so that it fails by itself", async () => {
  const { step, begun } = standingStill();
  const failure = Promise.withResolvers<Error>();
  const limited = withinLimit(() => step().catch((error: Error) => failure.resolve(error)), 120_000);
  const told = limited.catch((error: unknown) => error);
  await begun;
  vi.advanceTimersByTime(120_000);
  expect(await told).toEqual(new NotEnded("it did not end within 2 minutes"));
  expect((await failure.promise).message).toBe("A process ended by itself (SIGKILL).");
});

it("gives up a step some seconds after the run was to end", async () => {
  const { step, begun } = standingStill();
  const interruption = new AbortController();
  const told = withinLimit(step, 120_000, interruption.signal).catch((error: unknown) => error);
  await begun;
  interruption.abort();
  vi.advanceTimersByTime(10_000);
  expect(await told).toBeInstanceOf(GivenUp);
});

it("takes what nobody catches as the failure of the step", async () => {
  expect(await reply(startProcess(program("throws"), []))).toBe("nobody caught Error: stray");
});

it("gives a step more time for what it is asked to wait and to load", () => {
  const plan = { smoke: false, runs: 3, seed: 1 };
  const usual = limitOf(plan);
  expect(limitOf({ ...plan, seconds: 3600 })).toBeGreaterThanOrEqual(usual + 2 * 3_600_000);
  expect(limitOf({ ...plan, backlogs: [10, 100_000_000] })).toBeGreaterThan(usual);
  expect(limitOf({ ...plan, smoke: true })).toBeLessThan(usual);
});
