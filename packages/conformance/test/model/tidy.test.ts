import type { Adapter, NewJob } from "@anyqueue/api";
import { memory } from "@anyqueue/adapter-memory";
import { expect, it } from "vitest";
import { Known } from "../../src/model/known.ts";
import type { ChangePlan, JobPlan, Step } from "../../src/model/step.ts";
import { tidy } from "../../src/model/tidy.ts";
import { T0 } from "../../src/time.ts";

it("leaves out the second of two changes that release jobs of one line, since either may be first", async () => {
  const known = await knownOf([
    { id: "side:1" },
    { id: "side:2" },
    { id: "main:1", orderingKey: "k", dependsOn: ["side:1"] },
    { id: "main:2", orderingKey: "k", dependsOn: ["side:2"] },
  ]);
  expect(changed(tidy(ending("side:1", "side:2"), known, T0))).toEqual(["side:1"]);
});

it("leaves alone two changes that free turns, or release jobs of two lines", async () => {
  const known = await knownOf([
    { id: "main:1", orderingKey: "k" },
    { id: "main:2", orderingKey: "k" },
    { id: "side:1" },
    { id: "side:2" },
    { id: "main:3", orderingKey: "l", dependsOn: ["side:1"] },
    { id: "main:4", orderingKey: "m", dependsOn: ["side:2"] },
  ]);
  expect(changed(tidy(ending("main:1", "main:2"), known, T0))).toHaveLength(2);
  expect(changed(tidy(ending("side:1", "side:2"), known, T0))).toHaveLength(2);
});

it("lets no job wait for one of the same call that ends at once, as it waits for one that is there already", async () => {
  const known = await knownOf([{ id: "main:1", state: "waiting" }], ["main:1"]);
  const jobs: JobPlan[] = [
    { id: "main:3", dependsOn: ["main:2"], onParent: "release" },
    { id: "main:2", dependsOn: ["main:1"], onParent: "cancel" },
    { id: "main:1" },
  ];
  const step = tidy({ verb: "insert", by: "a", jobs }, known, T0);
  expect(step).toMatchObject({ jobs: [{ id: "main:3" }, { id: "main:2", dependsOn: ["main:1"] }, { id: "main:1" }] });
  expect("jobs" in step && step.jobs[0]).not.toHaveProperty("dependsOn");
});

/** What a script knows of a store with these jobs, some of which were cancelled. */
async function knownOf(
  jobs: readonly (Partial<NewJob> & { readonly id: string })[],
  cancelled: readonly string[] = [],
) {
  const adapter: Adapter = memory();
  await adapter.open();
  const whole = jobs.map((job): NewJob => {
    const lane = job.id.split(":", 1).join();
    const state = job.dependsOn ? "blocked" : "waiting";
    return { lane, type: "t", payload: null, priority: 512, maxAttempts: 3, state, ...job };
  });
  await adapter.insert(whole, { now: T0 });
  await adapter.cas(
    cancelled.map((id) => ({ id, expect: { state: "waiting" }, set: { state: "cancelled" } })),
    { now: T0 },
  );
  const known = new Known();
  known.mention(jobs.map(({ id }) => id));
  await known.refresh(adapter);
  return known;
}

function ending(...ids: readonly string[]): Step {
  const changes = ids.map((id): ChangePlan => ({ id, expect: { state: "waiting" }, set: { state: "completed" } }));
  return { verb: "cas", by: "a", changes };
}

function changed(step: Step): readonly string[] {
  return "changes" in step ? step.changes.map(({ id }) => id) : [];
}
