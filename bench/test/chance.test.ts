import { expect, it } from "vitest";
import { Chance } from "../src/chance.ts";

const items = "abcdefgh".split("");

it("chooses the same again from the same seed", () => {
  const [one, same, other] = [5, 5, 6].map((seed) => new Chance(seed).shuffled(items));
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

it("leaves nothing out when it orders anew", () => {
  expect(new Chance(3).shuffled(items).toSorted()).toEqual(items);
  expect(new Chance(3).shuffled([])).toEqual([]);
});

it("gives each of the six orders of three its share", () => {
  const chance = new Chance(1);
  const counts = new Map<string, number>();
  for (let n = 0; n < 6000; n++) {
    const order = chance.shuffled(["a", "b", "c"]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect([...counts.values()].every((count) => Math.abs(count - 1000) < 120)).toBe(true);
  expect(counts.size).toBe(6);
});
