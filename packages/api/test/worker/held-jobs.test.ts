import type { Job } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeldJob } from "../../src/worker/held-job.ts";
import { HeldJobs } from "../../src/worker/held-jobs.ts";

describe("HeldJobs", () => {
  it("has what a set has, whatever comes and goes", () => {
    const steps = fc.array(fc.record({ isAdded: fc.boolean(), which: fc.nat(7) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const jobs = Array.from({ length: 8 }, () => new HeldJob({} as Job, 0, 0));
        const bag = new HeldJobs("placeInHeart");
        const others = new HeldJobs("placeInHands");
        const model = new Set<HeldJob>();
        for (const held of jobs) others.add(held);
        for (const { isAdded, which } of all) {
          const held = jobs[which] as HeldJob;
          if (!isAdded) {
            bag.delete(held);
            model.delete(held);
          } else if (!bag.has(held)) {
            bag.add(held);
            model.add(held);
          }
          expect(new Set(bag.list())).toEqual(model);
          expect(bag.size).toBe(model.size);
        }
        expect(jobs.map((held) => bag.has(held))).toEqual(jobs.map((held) => model.has(held)));
        expect(others.list()).toEqual(jobs);
      }),
    );
  });
});
