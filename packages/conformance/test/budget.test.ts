import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Budget } from "../src/budget.ts";

describe("a budget", () => {
  it("gives each case an equal share, and what one leaves to those that come", async () => {
    const budget = new Budget(9000, 3);
    const shares: number[] = [];
    for (let i = 0; i < 3; i++) await budget.spend(async (ms) => shares.push(Math.round(ms / 100) * 100));
    expect(shares).toEqual([3000, 4500, 9000]);
  });

  it("does not make a case pay for another one that took longer than its share", async () => {
    const budget = new Budget(20, 2);
    await budget.spend(() => sleep(30));
    expect(await budget.spend(async (ms) => ms)).toBe(10);
  });
});
