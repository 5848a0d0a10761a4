import { type Change, isQueueError, type NewJob } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds, sameSet } from "../check.ts";
import { T0 } from "../time.ts";
import { after, ends, states } from "./dependencies.ts";

/** P20: jobs that would wait for themselves, and those that do not although it looks like it. */
export const dependencyCircles: readonly Case[] = [
  {
    promise: "P20",
    title: "refuses jobs that would wait for themselves through others that are stored, and stores nothing of the call",
    async run(t) {
      const [x, y] = [t.job({ id: "main:x" }), t.job({ id: "main:y", lane: "main" })];
      await t.addAll([
        { ...after([x.id], "leave"), id: "main:a" },
        { ...after(["main:a"]), id: "main:b" },
      ]);
      const calls: readonly (readonly NewJob[])[] = [
        [t.job(), { ...x, ...after(["main:b"]) }],
        [{ ...x, ...after([y.id], "release") }, t.job(), { ...y, ...after(["main:a"], "leave") }],
      ];
      for (const jobs of calls) {
        await refusesCircle(t.adapter.insert(jobs, { now: T0 }), x.id);
        const found = await t.adapter.get(jobs.map((job) => job.id));
        same(
          found,
          found.map(() => null),
          "A part of a call that was refused was stored.",
        );
      }
      await t.adapter.insert([{ ...x, ...after([y.id], "leave") }, y], { now: T0 });
      for (const id of [y.id, x.id, "main:a", "main:b"]) await t.complete(await t.claim({ ids: [id] }));
    },
  },
  {
    promise: "P20",
    title:
      "refuses changes whose successors would wait for themselves, does nothing of the call, and lets others spawn on",
    async run(t) {
      const [x, y] = [t.job({ id: "main:x" }), t.job({ id: "main:y" })];
      await t.addAll([
        { ...after([x.id], "leave"), id: "main:a" },
        { ...after(["main:a"], "leave"), id: "main:b" },
      ]);
      const [parent, other] = await t.addAll([{}, {}]);
      const [one, two] = await t.take({ limit: 9 });
      const done = { state: "completed" };
      const calls: readonly (readonly Change[])[] = [
        [
          { id: other, expect: { token: two?.token ?? 0 }, set: done },
          {
            id: parent,
            expect: { token: one?.token ?? 0 },
            set: done,
            spawn: [t.job(), { ...x, ...after(["main:b"], "leave") }],
          },
        ],
        [
          { id: other, expect: { token: two?.token ?? 0 }, set: done, spawn: [{ ...x, ...after([y.id], "leave") }] },
          { id: parent, expect: { token: one?.token ?? 0 }, set: done, spawn: [{ ...y, ...after([x.id], "leave") }] },
        ],
      ];
      for (const changes of calls) {
        await refusesCircle(t.adapter.cas(changes, { now: T0 }), x.id);
        same(await states(t, [parent, other]), ["active", "active"], "A part of a call that was refused was done.");
        const spawned = changes.flatMap(({ spawn = [] }) => spawn.map((job) => job.id));
        same(
          await states(t, spawned),
          spawned.map(() => null),
          "A refused call spawned a job.",
        );
      }
      const spawn = [{ ...x, ...after([parent, y.id], "leave") }, y];
      const outcome = await t.apply({ id: parent, expect: { token: one?.token ?? 0 }, set: done, spawn });
      same(outcome.spawned, [x.id, y.id], "Successors that close no circle are not there.");
      for (const id of [y.id, x.id, "main:a", "main:b"]) await t.complete(await t.claim({ ids: [id] }));
    },
  },
  {
    promise: "P20",
    title: "refuses a circle also if something else that the new job names would cancel it at once",
    async run(t) {
      const failed = await t.add();
      await ends(t, failed, "failed");
      const x = t.job();
      const waiting = await t.add(after([x.id], "leave"));
      const id = await t.add();
      const held = await t.claim();
      for (const ended of [failed, "main:none"]) {
        const [other, closing] = [t.job(), { ...x, ...after([ended, waiting]) }];
        const spawning = { id, expect: { token: held.token }, set: { state: "completed" }, spawn: [other, closing] };
        await refusesCircle(t.adapter.insert([other, closing], { now: T0 }), x.id);
        await refusesCircle(t.adapter.cas([spawning], { now: T0 }), x.id);
        const expected = ["active", "blocked", null, null];
        same(await states(t, [id, waiting, other.id, x.id]), expected, "A part of a call that was refused was done.");
      }
      await t.adapter.insert([{ ...x, ...after([failed]) }], { now: T0 });
      same(await states(t, [x.id, waiting]), ["cancelled", "blocked"], "A job that closes no circle is not cancelled.");
    },
  },
  {
    promise: "P20",
    scenarios: ["S53"],
    title: "lets a job replace itself by others and by one that waits for all of them, and for itself",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const [one, two] = [t.job(), t.job({ lane: "side" })];
      const join = t.job({ ...after([one.id, id, two.id]) });
      const next = t.job({ ...after([id]) });
      const spawn = [join, one, next, two];
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      same(
        outcome.spawned,
        spawn.map((job) => job.id),
        "A successor was not answered.",
      );
      sameSet(
        await t.take({ lanes: ["main", "side"], limit: 9 }),
        [one.id, next.id, two.id],
        "Not just those are due.",
      );
      await ends(t, two.id, "completed");
      await ends(t, one.id, "completed");
      sameIds(await t.take({ limit: 9 }), [join.id], "The one that waits for all others was not released.");
    },
  },
];

/** Whether a call is refused for the circle in which this job is. */
async function refusesCircle(call: Promise<unknown>, id: string): Promise<void> {
  const error = await call.catch((thrown: unknown) => thrown);
  holds(isQueueError(error, "INVALID"), `A circle was not refused with INVALID: ${JSON.stringify(error)}.`);
  const text = String((error as Error).message);
  holds(/circle/.test(text) && text.includes(id), `A refusal names no circle, or not the jobs: ${text}`);
}
