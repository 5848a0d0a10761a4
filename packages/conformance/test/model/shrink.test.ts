import { describe, expect, it } from "vitest";
import { shrink } from "../../src/model/shrink.ts";
import type { Step } from "../../src/model/step.ts";

const insert = (id: string): Step => ({
  verb: "insert",
  by: "b",
  wait: 5,
  jobs: [{ id, priority: 9 }, { id: "main:x" }],
});
const lanes: Step = { verb: "lanes", by: "a" };
const soon = (): number => performance.now() + 5000;

describe("a script is made small", () => {
  it("down to the steps that show the fault, and to what they have to say for it", async () => {
    const steps = [lanes, insert("main:1"), lanes, lanes, insert("main:2"), lanes, lanes];
    const isShown = (some: readonly Step[]) =>
      some.some(
        (step) => step.verb === "insert" && step.jobs.some(({ id, priority }) => id === "main:2" && priority === 9),
      );
    const found = await shrink(steps, async (some) => (isShown(some) ? { steps: some } : null), soon());
    expect(found?.steps).toEqual([{ verb: "insert", by: "a", jobs: [{ id: "main:2", priority: 9 }] }]);
  });

  it("keeps two steps that only together show it", async () => {
    const steps = [insert("main:1"), ...Array.from({ length: 20 }, () => lanes), insert("main:2")];
    const ids = (some: readonly Step[]) =>
      some.flatMap((step) => (step.verb === "insert" ? step.jobs.map(({ id }) => id) : []));
    const isShown = (some: readonly Step[]) => ids(some).includes("main:1") && ids(some).includes("main:2");
    const found = await shrink(steps, async (some) => (isShown(some) ? { steps: some } : null), soon());
    expect(found?.steps).toHaveLength(2);
  });

  it("answers nothing about a script that shows it no more, and what it has when the time is up", async () => {
    expect(await shrink([lanes], async () => null, soon())).toBeNull();
    const steps = [lanes, lanes];
    expect(await shrink(steps, async (some) => ({ steps: some }), performance.now() - 1)).toEqual({ steps });
  });
});
