import type { Case } from "../case.ts";
import { holds, same, sameIds, status } from "../check.ts";
import { storeAtomic } from "../needs.ts";
import { SECOND, T0 } from "../time.ts";

/** P3 and P4: inserting again, and all or none. */
export const inserting: readonly Case[] = [
  {
    promise: "P3",
    title: "answers `existing` with the kept job when an id is inserted again, and changes nothing",
    async run(t) {
      const job = t.job({ payload: 1, priority: 5 });
      await t.adapter.insert([job], { now: T0 });
      const kept = await t.read(job.id);
      const other = { ...job, payload: 2, priority: 1, type: "other", runAt: T0 - SECOND };
      const outcomes = await t.adapter.insert([other], { now: T0 + SECOND });
      same(outcomes, [{ status: "existing", id: job.id, by: "id", job: kept }], "A job was inserted twice.");
      same(await t.read(job.id), kept, "Inserting an id that is kept changed its job.");
      same((await t.take({ limit: 10, now: T0 + SECOND })).length, 1, "A job that was inserted twice is found twice.");
    },
  },
  {
    promise: "P3",
    title: "answers `existing` while the job is held, and leaves its lease alone",
    async run(t) {
      const job = t.job();
      await t.adapter.insert([job], { now: T0 });
      const held = await t.claim();
      const [outcome] = await t.adapter.insert([job], { now: T0 + 1, maybeStored: true });
      same(outcome, { status: "existing", id: job.id, by: "id", job: held }, "A held job was inserted again.");
      status(await t.complete(held, 1, T0 + 2), "ok", "Inserting a held job again ended its lease.");
    },
  },
  {
    promise: "P3",
    title: "answers `existing` for a finished job that is kept, so a lost reply cannot run a job twice",
    async run(t) {
      for (const state of ["completed", "failed", "cancelled"]) {
        const job = t.job();
        await t.adapter.insert([job], { now: T0 });
        await t.apply({ id: job.id, expect: { state: "waiting" }, set: { state } });
        const [outcome] = await t.adapter.insert([job], { now: T0 + 1, maybeStored: true });
        status(outcome ?? { status: "nothing" }, "existing", `A ${state} job was inserted again.`);
        same((await t.read(job.id)).state, state, `Inserting a ${state} job again changed it.`);
        same(await t.take({ now: T0 + 1 }), [], `A ${state} job runs again after its insertion was sent again.`);
      }
    },
  },
  {
    promise: "P3",
    title: "can be sent a whole batch again, with an outcome for each job in order",
    async run(t) {
      const jobs = Array.from({ length: 30 }, (_, i) => t.job({ payload: i, priority: 30 - i }));
      await t.adapter.insert(jobs.slice(0, 20), { now: T0 });
      const outcomes = await t.adapter.insert(jobs, { now: T0, maybeStored: true });
      const statuses = jobs.map((job, i) => ({ id: job.id, status: i < 20 ? "existing" : "added" }));
      const answered = outcomes.map((each) => ({ id: "id" in each ? each.id : "", status: each.status }));
      same(answered, statuses, "A batch that was half stored was not answered job by job, in array order.");
      const found = await t.take({ limit: 100 });
      sameIds(found, jobs.map((job) => job.id).reverse(), "A batch that was sent twice is not stored exactly once.");
    },
  },
  {
    promise: "P3",
    title: "adds the first of two jobs of one id in one call, and answers `existing` for the second",
    async run(t) {
      const job = t.job({ payload: "first" });
      const outcomes = await t.adapter.insert([job, { ...job, payload: "second" }], { now: T0 });
      same(
        outcomes.map((each) => each.status),
        ["added", "existing"],
        "One id was added twice in one call.",
      );
      same((await t.read(job.id)).payload, "first", "The second of two jobs of one id won.");
    },
  },
  {
    promise: "P3",
    title: "leaves the place in the order alone when a job is inserted again",
    async run(t) {
      const jobs = [t.job(), t.job(), t.job()];
      await t.adapter.insert(jobs, { now: T0 });
      await t.adapter.insert(jobs.toReversed(), { now: T0 });
      sameIds(
        await t.take({ limit: 3 }),
        jobs.map((job) => job.id),
        "Inserting jobs again changed their order.",
      );
    },
  },
  {
    promise: "P3",
    scenarios: ["S13"],
    title: "adds an id again once its job was removed",
    async run(t) {
      const job = t.job({ payload: "old" });
      await t.adapter.insert([job], { now: T0 });
      await t.adapter.remove({ ids: [job.id] });
      const [outcome] = await t.adapter.insert([{ ...job, payload: "new" }], { now: T0, maybeStored: true });
      same(outcome, { status: "added", id: job.id }, "The id of a removed job was not free.");
      same((await t.claim()).payload, "new", "A removed job came back in place of the new one.");
    },
  },
  {
    promise: "P4",
    scenarios: ["S22"],
    title: "adds none of the jobs of an `allOrNone` call when one of them exists",
    async run(t) {
      const existing = t.job();
      await t.adapter.insert([existing], { now: T0 });
      const batch = [t.job(), existing, t.job({ lane: "side" })];
      const outcomes = await t.adapter.insert(batch, { now: T0, allOrNone: true });
      same(
        outcomes.map((each) => each.status),
        ["skipped", "existing", "skipped"],
        "An outcome of `allOrNone` is wrong.",
      );
      const stored = await t.adapter.get(batch.map((job) => job.id));
      same(
        stored.map((job) => job?.id ?? null),
        [null, existing.id, null],
        "`allOrNone` added some of the jobs.",
      );
    },
  },
  {
    promise: "P4",
    scenarios: ["S22"],
    title: "adds none of the jobs of an `allOrNone` call in which an id comes twice",
    async run(t) {
      const job = t.job();
      const batch = [t.job(), job, t.job(), job];
      const outcomes = await t.adapter.insert(batch, { now: T0, allOrNone: true });
      holds(
        outcomes.every((each) => each.status !== "added"),
        "`allOrNone` answered `added` though an id came twice.",
      );
      same(
        await t.adapter.get(batch.map((each) => each.id)),
        [null, null, null, null],
        "`allOrNone` added some of the jobs.",
      );
    },
  },
  {
    promise: "P4",
    title: "adds all jobs of an `allOrNone` call over several lanes when nothing stands in the way",
    needs: storeAtomic,
    async run(t) {
      const [b1, a1, b2] = await t.addAll([{ lane: "b" }, { lane: "a" }, { lane: "b" }], { now: T0, allOrNone: true });
      sameIds(await t.take({ lanes: ["b", "a"], limit: 9 }), [b1, b2, a1], "A job is missing.");
    },
  },
  {
    promise: "P4",
    scenarios: ["S22", "S85"],
    title: "gives every job of a plain call its own outcome",
    async run(t) {
      const existing = t.job();
      await t.adapter.insert([existing], { now: T0 });
      const outcomes = await t.adapter.insert([t.job(), existing, t.job()], { now: T0 });
      same(
        outcomes.map((each) => each.status),
        ["added", "existing", "added"],
        "One duplicate decided for its neighbours.",
      );
      same((await t.take({ limit: 10 })).length, 3, "A job of a batch is missing.");
    },
  },
  {
    promise: "P4",
    scenarios: ["S85", "S99"],
    title: "stores a large batch as it stores single jobs",
    async run(t) {
      const single = await t.read(await t.add());
      const ids = await t.addAll(Array.from({ length: 2500 }, () => ({})));
      same(new Set(ids).size, 2500, "A batch lost jobs.");
      const found = await t.adapter.get([ids[0] ?? "", ids[1249] ?? "", ids[2499] ?? ""]);
      for (const job of found)
        same({ ...job, id: single.id }, single, "A job of a batch differs from one added alone.");
      const jobs = await t.take({ limit: 3000 });
      sameIds(jobs, [single.id, ...ids], "A large batch lost jobs or their order.");
    },
  },
  {
    promise: "P3",
    title: "takes nothing over from a job whose id came earlier in the same call",
    async run(t) {
      const first = t.job();
      const again = { ...first, priority: 1, orderingKey: "k", dependsOn: ["main:none"], onParent: "cancel" } as const;
      const unique = { key: "u", until: "finished" } as const;
      const [, ...others] = await t.adapter.insert([first, again, { ...again, unique }], {
        now: T0,
        maybeStored: true,
      });
      const job = await t.read(first.id);
      const alone = { ...first, runAt: T0, attempt: 0, token: 0, version: 1, insertedAt: T0, updatedAt: T0 };
      same(job, alone, "A job has something of another one with its id.");
      const existing = { status: "existing", id: first.id, by: "id", job };
      same(others, [existing, existing], "An id that came earlier in the call does not exist.");
    },
  },
  {
    promise: "P3",
    title:
      "answers a job that exists already as it is stored, also if it came earlier in the same call and ended at once",
    async run(t) {
      const job = t.job({ dependsOn: ["main:none"], onParent: "cancel" });
      const [, again] = await t.adapter.insert([job, job], { now: T0, maybeStored: true });
      const expected = { status: "existing", id: job.id, by: "id", job: await t.read(job.id) };
      same(again, expected, "The job that is answered is not the one that is stored.");
    },
  },
  {
    promise: "P3",
    title: "answers a job that came earlier in the same call and ended at once as it came, if it is not to be kept",
    async run(t) {
      const job = t.job({ dependsOn: ["main:none"], onParent: "cancel", keep: { cancelled: false } });
      const [, again] = await t.adapter.insert([job, job], { now: T0, maybeStored: true });
      same(await t.adapter.get([job.id]), [null], "A job is kept that was to be kept nowhere.");
      const came = again?.status === "existing" ? again.job : undefined;
      same(
        [again?.status, came?.id, came?.state],
        ["existing", job.id, "waiting"],
        "The job is told otherwise than it came.",
      );
    },
  },
];
