import type { OnParent } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds, status } from "../check.ts";
import { HOUR, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";

/** P20: a job waits until all that it depends on have completed. */
export const dependencies: readonly Case[] = [
  {
    promise: "P20",
    title: "blocks a job until all that it depends on have completed, in whatever order, and changes it then once",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, { lane: "side" }]);
      const id = await t.add({ ...after([a, b, c]), priority: 1 });
      const blocked = await t.read(id);
      same([blocked.state, blocked.version], ["blocked", 1], "A job is not blocked by those it depends on.");
      for (const [i, parent] of [c, a, b].entries()) {
        same(await t.read(id), blocked, "A job did not wait for all that it depends on.");
        await ends(t, parent, "completed", T0 + i);
      }
      const released = { ...blocked, state: "waiting", version: 2, updatedAt: T0 + 2 };
      same(await t.read(id), released, "A job that may go on is wrong.");
      sameIds(await t.take({ limit: 9, now: T0 + 2 }), [id], "A job that may go on is not found.");
    },
  },
  {
    promise: "P20",
    title: "lets no poll find a blocked job, and counts it as blocked",
    async run(t) {
      const parent = await t.add({ delayMs: HOUR });
      const id = await t.add(after([parent]));
      same(await t.take({ limit: 9 }), [], "A poll found a blocked job.");
      same(await t.take({ ids: [id], limit: 9 }), [], "A poll by id found a blocked job.");
      same(await t.take({ where: { id: { eq: id } }, limit: 9 }), [], "A poll by predicate found a blocked job.");
      const [lane] = await t.adapter.lanes({ now: T0 });
      same([lane?.counts, lane?.oldestDueAt], [{ delayed: 1, blocked: 1 }, null], "A blocked job is miscounted.");
      const { items } = await t.adapter.list({ states: ["blocked"], limit: 9, now: T0 });
      sameIds(items, [id], "A blocked job is not listed.");
    },
  },
  {
    promise: "P20",
    title: "gives back what a job depends on and what becomes of it, whichever verb reads it",
    async run(t) {
      const parent = await t.add();
      const wishes = (["cancel", "release", "leave"] as const).map((onParent) =>
        after([parent, "side:none"], onParent),
      );
      await t.adapter.configure("side", { paused: true });
      await t.add({ id: "side:none", lane: "side" });
      const ids = await t.addAll(wishes);
      await ends(t, parent, "completed");
      await ends(t, "side:none", "completed");
      const polled = await t.take({ limit: 9 });
      for (const jobs of [
        await t.adapter.get(ids),
        (await t.adapter.list({ states: ["active"], limit: 9 })).items,
        polled,
      ]) {
        const facts = jobs.map((job) => ({ dependsOn: job?.dependsOn, onParent: job?.onParent }));
        same(facts, wishes, "A job does not tell what it depends on as it was given.");
      }
    },
  },
  {
    promise: "P20",
    title: "takes jobs that depend on each other in one call, in any order and over several lanes",
    async run(t) {
      const [last, middle, first] = [t.job(), t.job({ lane: "side" }), t.job()];
      const jobs = [{ ...last, ...after([middle.id, first.id]) }, { ...middle, ...after([first.id]) }, first];
      await t.adapter.insert(jobs, { now: T0 });
      same(
        await states(
          t,
          jobs.map((job) => job.id),
        ),
        ["blocked", "blocked", "waiting"],
        "The order in a call matters.",
      );
      for (const job of [first, middle, last]) {
        const held = await t.claim({ lanes: ["main", "side"], limit: 9 });
        same(held.id, job.id, "Jobs did not come one after another as they depend on each other.");
        await t.complete(held);
      }
    },
  },
  {
    promise: "P20",
    title: "lets a job begin at once when all that it depends on have completed already",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      await ends(t, a, "completed");
      await ends(t, b, "completed");
      const id = await t.add(after([a, b]), { now: T0 + 5 });
      const job = await t.read(id);
      same(
        [job.state, job.version, job.runAt],
        ["waiting", 1, T0 + 5],
        "A job with nothing left to wait for is wrong.",
      );
      sameIds(await t.take({ limit: 9, now: T0 + 5 }), [id], "A job with nothing left to wait for is not found.");
    },
  },
  {
    promise: "P20",
    title: "does with a blocked job what `onParent` says when one that it depends on fails, is cancelled or is removed",
    async run(t) {
      for (const end of ["failed", "cancelled", "removed"] as const) {
        const parent = await t.add();
        const ids = await t.addAll([after([parent]), after([parent], "release"), after([parent], "leave")]);
        if (end === "removed") await t.adapter.remove({ ids: [parent] });
        else await ends(t, parent, end, T0 + 7);
        const [cancelled, released, left] = await t.adapter.get(ids);
        same(
          [cancelled?.state, cancelled?.version],
          ["cancelled", 2],
          `A job whose parent was ${end} is not cancelled.`,
        );
        if (end !== "removed") same(cancelled?.finishedAt, T0 + 7, "A cancelled job does not tell when it ended.");
        same([released?.state, released?.version], ["waiting", 2], `A job whose parent was ${end} is not released.`);
        same([left?.state, left?.version], ["blocked", 1], `A job whose parent was ${end} did not stay blocked.`);
        sameIds(await t.take({ limit: 9, now: T0 + 7 }), [ids[1]], "Not just the released job is due.");
      }
    },
  },
  {
    promise: "P20",
    title: "does with a new job what `onParent` says when one that it depends on has ended otherwise or is not there",
    async run(t) {
      const [failed, cancelled] = await t.addAll([{}, {}]);
      await ends(t, failed, "failed");
      await ends(t, cancelled, "cancelled");
      for (const parent of [failed, cancelled, "main:none"]) {
        const ids = await t.addAll([after([parent]), after([parent], "release"), after([parent], "leave")], {
          now: T0 + 3,
        });
        const [ended, free, left] = await t.adapter.get(ids);
        const facts = [ended?.state, ended?.finishedAt, ended?.version];
        same(facts, ["cancelled", T0 + 3, 1], "A job that cannot run any more was not cancelled at once.");
        same([free?.state, left?.state], ["waiting", "blocked"], "A job was not released, or not left as it is.");
        sameIds(await t.take({ limit: 9, now: T0 + 3 }), [ids[1]], "Not just the released job is due.");
      }
    },
  },
  {
    promise: "P20",
    title: "goes by the one that cancels when several have ended, and waits as long as one has not",
    async run(t) {
      const [done, failed, open] = await t.addAll([{}, {}, { delayMs: HOUR }]);
      await ends(t, done, "completed");
      await ends(t, failed, "failed");
      const ids = await t.addAll([
        after([done, open]),
        after([open, failed, done]),
        after([failed, open], "release"),
        after([failed, done], "release"),
        after([done, failed], "leave"),
      ]);
      same(
        await states(t, ids),
        ["blocked", "cancelled", "blocked", "waiting", "blocked"],
        "Several parents are judged wrong.",
      );
      await ends(t, open, "failed");
      same(
        await states(t, ids),
        ["cancelled", "cancelled", "waiting", "waiting", "blocked"],
        "An end is judged wrong.",
      );
    },
  },
  {
    promise: "P20",
    title:
      "leaves a job blocked until what failed is retried and completes, or what is not there is added and completes",
    async run(t) {
      const parent = await t.add();
      const id = await t.add(after([parent, "main:later"], "leave"));
      await ends(t, parent, "failed");
      await t.apply({ id: parent, expect: { state: "failed" }, set: { state: "waiting" } });
      await t.add({ id: "main:later" });
      same(await states(t, [id]), ["blocked"], "A job did not wait for one that is tried again.");
      await ends(t, "main:later", "completed");
      same(await states(t, [id]), ["blocked"], "A job did not wait for one that is tried again.");
      await ends(t, parent, "completed");
      same(await states(t, [id]), ["waiting"], "A job was left blocked for ever.");
    },
  },
  {
    promise: "P20",
    title: "is satisfied with one completion: a parent that is retried, or removed, afterwards blocks nobody again",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const id = await t.add(after([a, b, c]));
      await ends(t, a, "completed");
      await t.apply({ id: a, expect: { state: "completed" }, set: { state: "waiting" } });
      await ends(t, b, "completed");
      await t.adapter.remove({ ids: [b] });
      same(await states(t, [id]), ["blocked"], "A job did not wait for the last one that it depends on.");
      await ends(t, a, "failed");
      await ends(t, c, "completed");
      same(await states(t, [id]), ["waiting"], "A completed dependency was judged again.");
    },
  },
  {
    promise: "P20",
    title: "lets go on who waits for a failed job once an operator makes it a completed one",
    async run(t) {
      const parent = await t.add();
      const id = await t.add(after([parent], "leave"));
      await ends(t, parent, "failed");
      same(await states(t, [id]), ["blocked"], "A job that lets a failure stand did not wait.");
      await ends(t, parent, "completed");
      same(await states(t, [id]), ["waiting"], "A job waits for ever for one that is completed.");
    },
  },
  {
    promise: "P20",
    title: "takes nothing for a circle that leads through a job which was freed by hand",
    async run(t) {
      const later = t.job();
      const id = await t.add(after([later.id], "leave"));
      await t.apply({ id, expect: { state: "blocked" }, set: { state: "waiting" } });
      const [outcome] = await t.adapter.insert([{ ...later, ...after([id], "leave") }], { now: T0 });
      same(outcome, { status: "added", id: later.id }, "A job was refused though it closes no circle.");
    },
  },
  {
    promise: "P20",
    title: "counts the attempts of a released job anew, as of any that comes into another state",
    async run(t) {
      const [parent] = await t.addAll([{}]);
      const id = await t.add(after([parent]));
      await t.apply({ id, expect: { state: "blocked" }, set: { attempt: 2 } });
      await ends(t, parent, "completed");
      same((await t.read(id)).attempt, 0, "A released job has attempts from when it was blocked.");
    },
  },
];

/** What makes a job depend on others. */
export function after(dependsOn: readonly string[], onParent: OnParent = "cancel"): Wish {
  return { dependsOn, onParent };
}

/** Ends a job that is not held, which has to be possible. */
export async function ends(t: Trial, id: string, state: string, now: number = T0): Promise<void> {
  const { version } = await t.read(id);
  const outcome = await t.cas({ id, expect: { version }, set: { state } }, now);
  status(outcome, "ok", `A job could not be ${state}.`);
}

/** The states of jobs, null for one that is gone. */
export async function states(t: Trial, ids: readonly string[]): Promise<(string | null)[]> {
  return (await t.adapter.get(ids)).map((job) => job?.state ?? null);
}
