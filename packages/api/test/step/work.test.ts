import { ask, runAsync, runSync, type Work } from "@anyqueue/api/step";
import { expect, it } from "vitest";

function* sum(store: (value: number) => number | Promise<number>): Work<number> {
  return (yield* ask(store(1))) + (yield* ask(store(2)));
}

it("is the same work for a store that answers at once and for one that answers later", async () => {
  expect(runSync(sum((value) => value * 10))).toBe(30);
  await expect(runAsync(sum(async (value) => value * 10))).resolves.toBe(30);
});

it("throws what a store that answers later has thrown where the work asked", async () => {
  await expect(runAsync(sum(() => Promise.reject(new Error("The store is gone."))))).rejects.toThrow("gone");
});
