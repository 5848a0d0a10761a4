import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { Listener, settle } from "../hints.ts";
import { pushing } from "../needs.ts";
import { MINUTE, T0 } from "../time.ts";

/** P24: hints. */
export const hinting: readonly Case[] = [
  {
    promise: "P24",
    scenarios: ["S54", "S67"],
    title: "hints at the lane into which a job came, also one that is due later",
    async run(t) {
      const listener = await new Listener().listen(t.adapter);
      await t.add({ lane: "a" });
      await listener.hears({ lane: "a" }, "An insert gave no hint of its lane.");
      await t.add({ lane: "b", delayMs: MINUTE });
      await listener.hears({ lane: "b" }, "An insert of a delayed job gave no hint of its lane.");
      await t.add({ lane: "c", state: "fetched" });
      await listener.hears({ lane: "c" }, "An insert of a job in a custom state gave no hint of its lane.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    title: "hints at the lane to which a job went back, and at the one into which it spawned",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await settle();
      const listener = await new Listener().listen(t.adapter);
      await t.apply({ id, expect: { token: held.token }, set: { state: "waiting" } });
      await listener.hears({ lane: "main" }, "A job that went back gave no hint.");
      const spawn = [t.job({ lane: "side" })];
      await t.apply({ id, expect: { state: "waiting" }, set: { progress: 1 }, spawn });
      await listener.hears({ lane: "side" }, "A spawned job gave no hint.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    scenarios: ["S110", "S111"],
    title: "hints at a job that came to its end, in whatever way",
    async run(t) {
      const [a, b, c] = await t.addAll([{}, {}, { state: "old" }]);
      const held = await t.claim();
      const listener = await new Listener().listen(t.adapter);
      await t.complete(held);
      await listener.hears({ job: a }, "A job that was completed gave no hint.");
      listener.forget();
      await t.apply({ id: b, expect: { state: "waiting" }, set: { cancel: true } });
      await listener.hears({ job: b }, "A job that was cancelled gave no hint.");
      listener.forget();
      await t.advance({ from: "old", to: "completed" });
      await listener.hears({ job: c }, "A job that a poll completed gave no hint.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    scenarios: ["S114"],
    title: "gives no hint of a change that was refused, or of an end that had come before",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.complete(held);
      const other = t.job();
      await t.adapter.insert([other], { now: T0 });
      await settle();
      const listener = await new Listener().listen(t.adapter);
      await t.complete(held, "again");
      await t.cas({ id, expect: { state: "active" }, set: { state: "failed" } });
      await t.cas({ id: other.id, expect: { version: 7 }, set: { cancel: true } });
      await t.add({ lane: "end" });
      await listener.hears({ lane: "end" }, "An insert gave no hint.");
      const ends = listener.heard.filter((hint) => "job" in hint || "finished" in hint);
      same(ends, [], "A refused change gave a hint of a job's end.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    title: "hints at a lane in which a slot became free, by whatever end of a lease",
    async run(t) {
      await t.adapter.configure("main", { concurrency: 1 });
      await t.addAll([{}, {}, {}, {}]);
      const ways: readonly ((id: string, token: number) => Promise<unknown>)[] = [
        (id, token) => t.apply({ id, expect: { token }, set: { state: "completed" } }),
        (id, token) => t.apply({ id, expect: { token }, set: { state: "cancelled" } }),
        (id) => t.adapter.remove({ ids: [id] }),
      ];
      for (const way of ways) {
        const { id, token } = await t.claim();
        await settle();
        const listener = await new Listener().listen(t.adapter);
        await way(id, token);
        await listener.hears({ lane: "main" }, "A slot that became free gave no hint of its lane.");
        listener.stop();
      }
    },
  },
  {
    promise: "P24",
    title: "hints at a lane in which a turn became free, by an end, a removal, or more turns for each key",
    async run(t) {
      await t.addAll(Array.from({ length: 5 }, () => ({ orderingKey: "k" })));
      const ways: readonly ((id: string, token: number) => Promise<unknown>)[] = [
        (id, token) => t.apply({ id, expect: { token }, set: { state: "failed" } }),
        (id) => t.adapter.remove({ ids: [id] }),
        () => t.adapter.configure("main", { keyConcurrency: 2 }),
      ];
      for (const way of ways) {
        const { id, token } = await t.claim();
        await settle();
        const listener = await new Listener().listen(t.adapter);
        await way(id, token);
        await listener.hears({ lane: "main" }, "A turn that became free gave no hint of its lane.");
        same((await t.poll({ limit: 0 })).nextDueAt, T0, "Nothing is due in a lane of which there was a hint.");
        listener.stop();
      }
    },
  },
  {
    promise: "P24",
    title: "hints at the lane of a job that was released, and at one that was cancelled with what it depends on",
    async run(t) {
      const [a, b] = await t.addAll([{}, {}]);
      const child = { onParent: "cancel", lane: "side" } as const;
      const [, cancelled] = await t.addAll([
        { ...child, dependsOn: [a] },
        { ...child, dependsOn: [b], lane: "far" },
      ]);
      await settle();
      const listener = await new Listener().listen(t.adapter);
      await t.apply({ id: a, expect: { state: "waiting" }, set: { state: "completed" } });
      await listener.hears({ lane: "side" }, "A job that was released gave no hint of its lane.");
      listener.forget();
      await t.apply({ id: b, expect: { state: "waiting" }, set: { cancel: true } });
      await listener.hears({ job: cancelled }, "A job that was cancelled with what it depends on gave no hint.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    title: "hints at a lane whose settings were changed",
    async run(t) {
      await t.add();
      await settle();
      const listener = await new Listener().listen(t.adapter);
      for (const settings of [{ paused: true }, { paused: null }, { concurrency: 5 }, { rate: null }]) {
        await t.adapter.configure("main", settings);
        await listener.hears({ lane: "main" }, `No hint came of ${JSON.stringify(settings)}.`);
        listener.forget();
      }
      listener.stop();
    },
  },
  {
    promise: "P24",
    title: "says nothing more once it was unsubscribed, and goes on telling the others",
    async run(t) {
      const [one, other] = [await new Listener().listen(t.adapter), await new Listener().listen(t.adapter)];
      one.stop();
      one.stop();
      await t.add();
      await other.hears({ lane: "main" }, "One subscription ended another.");
      same(one.heard, [], "A subscription that was ended still gave hints.");
      other.stop();
    },
  },
  {
    promise: "P24",
    scenarios: ["S67", "S110"],
    title: "hints to other handles at once where it says so",
    needs: pushing,
    async run(t) {
      const another = await t.reopen();
      const listener = await new Listener().listen(another);
      const id = await t.add({ lane: "a" });
      await listener.hears({ lane: "a" }, "Another handle got no hint of an insert.");
      listener.forget();
      await t.apply({ id, expect: { state: "waiting" }, set: { state: "completed" } });
      await listener.hears({ job: id }, "Another handle got no hint of a job's end.");
      listener.stop();
    },
  },
  {
    promise: "P24",
    scenarios: ["S116"],
    title: "needs no hints: a poll finds what was added, and `nextDueAt` says when to look again",
    async run(t) {
      await t.add({ delayMs: MINUTE });
      const { jobs, nextDueAt } = await t.poll({ limit: 9 });
      same([jobs, nextDueAt], [[], T0 + MINUTE], "Without hints a worker does not know when to look.");
      same((await t.take({ limit: 9, now: T0 + MINUTE })).length, 1, "A job was not found without a hint.");
    },
  },
];
