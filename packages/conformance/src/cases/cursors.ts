import type { Case } from "../case.ts";
import { present, sameIds } from "../check.ts";
import { durable } from "../needs.ts";
import { T0 } from "../time.ts";

/** P7: what `after` leads to, whatever happened since. */
export const cursors: readonly Case[] = [
  {
    promise: "P7",
    title: "pages on to jobs that came after the cursor's job and all behind it were removed",
    async run(t) {
      for (const order of ["inserted", "poll"] as const) {
        const [a, b, c] = await t.addAll([{}, {}, {}]);
        const first = await t.adapter.list({ order, limit: 2, now: T0 });
        sameIds(first.items, [a, b], "The first page is wrong.");
        const after = present(first.after, "A page that is not the last one does not say where to go on.");
        await t.adapter.remove({ ids: [c] });
        await t.adapter.remove({ ids: [b] });
        const d = await t.add();
        const second = await t.adapter.list({ order, after, limit: 9, now: T0 });
        sameIds(second.items, [d], "A new job took the place of a removed one, and so a page passed over it.");
        await t.adapter.remove({ ids: [a, d] });
      }
    },
  },
  {
    promise: "P7",
    title: "pages on to jobs that were requeued, or came, after the last ones were not kept",
    async run(t) {
      await t.adapter.configure("main", { keep: { completed: false } });
      const [a, b, c] = await t.addAll([{}, {}, {}]);
      const { after } = await t.adapter.list({ limit: 2, now: T0 });
      for (const id of [b, c]) await t.apply({ id, expect: { state: "waiting" }, set: { state: "completed" } });
      await t.apply({ id: a, expect: { state: "waiting" }, set: { requeue: true } });
      const d = await t.add();
      const rest = await t.adapter.list({ after: after ?? "", limit: 9, now: T0 });
      sameIds(rest.items, [a, d], "A requeued or new job took the place of one that was not kept.");
    },
  },
  {
    promise: "P7",
    title: "pages on from an old place after every job was removed and the store opened again",
    needs: durable,
    async run(t) {
      const ids = await t.addAll([{}, {}, {}]);
      const { after } = await t.adapter.list({ limit: 2, now: T0 });
      await t.adapter.remove({ ids });
      await t.adapter.close();
      const again = await t.reopen();
      const job = t.job();
      await again.insert([job], { now: T0 });
      const rest = await again.list({ after: after ?? "", limit: 9, now: T0 });
      sameIds(rest.items, [job.id], "After the store was opened again a new job took the place of a removed one.");
    },
  },
];
