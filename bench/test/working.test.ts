import { expect, it } from "vitest";
import { inTime } from "../src/scenarios/in-time.ts";
import { whileWorking } from "../src/scenarios/working.ts";
import type { Session } from "../src/subject.ts";
import { InvalidRun } from "../src/tally.ts";

const idle: Session = {
  add: async () => undefined,
  addMany: async () => undefined,
  drain: async () => undefined,
  close: async () => undefined,
};

/** A session whose worker tells when it begins and ends. */
function telling(told: string[]): Session {
  return {
    ...idle,
    work: async () => {
      told.push("begins");
      return async () => told.push("ends");
    },
  };
}

it("ends the worker when what is done meanwhile is done, and when that fails", async () => {
  const told: string[] = [];
  const ran = (): void => undefined;
  expect(await whileWorking(telling(told), async () => told.push("works"), ran)).toBe(2);
  const failing = whileWorking(telling(told), () => Promise.reject(new Error("no")), ran);
  await expect(failing).rejects.toThrow("no");
  expect(told).toEqual(["begins", "works", "ends", "begins", "ends"]);
});

it("does nothing where a queue cannot wait for jobs", async () => {
  expect(
    await whileWorking(
      idle,
      async () => 1,
      () => undefined,
    ),
  ).toBeUndefined();
});

it("says what did not come in time", async () => {
  const never = new Promise(() => undefined);
  await expect(inTime(never, 0, () => "job 7 did not begin")).rejects.toThrow(new InvalidRun("job 7 did not begin"));
  expect(await inTime(Promise.resolve(3), 60_000, () => "nothing")).toBe(3);
});
