import { isQueueError } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, present, same, sameIds } from "../check.ts";
import { durable } from "../needs.ts";
import { T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** P7, P9, P23: what `after` leads to, whatever happened since, and what is no such place. */
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
  {
    promise: "P7",
    title: "lists from no place but one of the same order: anything else is `INVALID`",
    async run(t) {
      const places = await somePlaces(t);
      for (const order of ["inserted", "poll", "finished"] as const) {
        const own = places[order];
        const others = Object.values(places).filter((place) => place !== own);
        const next = await t.adapter.list({ order, after: own, limit: 1, now: T0 });
        same(next.items.length, 1, `A page in ${order} order did not go on from its own cursor.`);
        for (const after of [...noCursors, ...others, `${own}]`]) {
          await refuses(t.adapter.list({ order, after, limit: 1, now: T0 }), `A list in ${order} order`, after);
        }
      }
    },
  },
  {
    promise: "P9",
    title: "polls from no place but one of a poll: anything else is `INVALID`, and takes nothing",
    async run(t) {
      const places = await somePlaces(t);
      const id = await t.add();
      for (const after of [...noCursors, ...Object.values(places)]) {
        await refuses(t.poll({ types: ["work.*"], after }), "A filtered poll", after);
      }
      same((await t.read(id)).state, "waiting", "A poll that was refused took a job.");
    },
  },
  {
    promise: "P23",
    title: "reads events from no place but one of events: anything else is `INVALID`",
    async run(t) {
      const { events, ...others } = await somePlaces(t);
      const next = await t.adapter.events({ after: events, limit: 9 });
      same(next.items.length, 1, "A page of events did not go on from its own cursor.");
      for (const after of [...noCursors, ...Object.values(others), `${events}]`]) {
        await refuses(t.adapter.events({ after, limit: 9 }), "A page of events", after);
      }
    },
  },
];

/** Text that a person may pass on as a cursor by mistake. */
const noCursors = ["", "x", "0", "7", "-1", "null", "{}", "[]", "[7]", '["x"]', "[[]]", "main:1"];

/** A place in each of the orders of lists, and in the log, each with one more item behind it. */
async function somePlaces(t: Trial) {
  const ids = await t.addAll([{}, {}]);
  const finish = ids.map((id) => ({ id, expect: { state: "waiting" }, set: { state: "completed" }, event: "end" }));
  await t.adapter.cas(finish, { now: T0 });
  const placeIn = async (order: "inserted" | "poll" | "finished") =>
    present((await t.adapter.list({ order, limit: 1, now: T0 })).after, "A page does not say where to go on.");
  return {
    inserted: await placeIn("inserted"),
    poll: await placeIn("poll"),
    finished: await placeIn("finished"),
    events: (await t.adapter.events({ limit: 1 })).after,
  };
}

async function refuses(call: Promise<unknown>, walk: string, after: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const broken = `${walk} did not answer \`INVALID\` to ${JSON.stringify(after)}, which is no cursor of it.`;
  holds(isQueueError(error, "INVALID"), broken);
}
