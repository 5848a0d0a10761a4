import { type Adapter, byCodePoint, type EventPage, type EventQuery, type JobEvent } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, present, same } from "../check.ts";
import { durable, shared } from "../needs.ts";
import { readOn } from "../read-log.ts";
import { T0 } from "../time.ts";

/** P23: reading the log of the store as it grows. */
export const following: readonly Case[] = [
  {
    promise: "P23",
    title: "shows every event once to a reader that pages through the log, and goes on where it left off",
    async run(t) {
      const ids = await t.addAll([{}, {}, { lane: "side" }]);
      const write = async (from: number, to: number) => {
        for (let n = from; n < to; n++) await t.adapter.append([{ id: ids[n % 3] ?? "", event: n }], { now: T0 + n });
      };
      const empty = await t.adapter.events({ limit: 5 });
      same(empty.items, [], "An empty log holds events.");
      await write(0, 17);
      const first = await readOn(t.adapter, { after: empty.after, limit: 5 });
      same(
        first.items.map((event) => event.data),
        range(0, 17),
        "A reader missed events, or saw them twice.",
      );
      const none = await t.adapter.events({ after: first.after, limit: 5 });
      same(none.items, [], "A reader at the end of the log saw an event twice.");
      await write(17, 30);
      const second = await readOn(t.adapter, { after: none.after, limit: 4 });
      same(
        second.items.map((event) => event.data),
        range(17, 30),
        "A reader that went on missed events, or saw them twice.",
      );
      const all = await readOn(t.adapter, { limit: 1 });
      same(all.items, [...first.items, ...second.items], "Two readers see different logs.");
    },
  },
  {
    promise: "P23",
    title: "never answers more events than the limit",
    async run(t) {
      const id = await t.add();
      await t.adapter.append(
        range(0, 20).map((event) => ({ id, event })),
        { now: T0 },
      );
      for (const limit of [1, 7, 20, 21]) {
        for (const query of [{ limit }, { id, limit }, { kinds: ["user"] as const, limit }]) {
          const { items } = await t.adapter.events(query);
          holds(items.length > 0, "A page is empty, although there is more to read.");
          holds(items.length <= limit, "A page of events is longer than its limit.");
        }
      }
    },
  },
  {
    promise: "P23",
    title: "pages through the log of one job, and through some kinds of events, without a gap",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const [a, b] = await t.addAll([{}, {}]);
      for (let n = 0; n < 12; n++) {
        await t.apply({ id: a, expect: { state: "waiting" }, set: { error: { message: `${n}` } }, event: n });
        await t.adapter.append([{ id: b, event: `b${n}` }], { now: T0 });
      }
      const ofA = await readOn(t.adapter, { id: a, limit: 5 });
      same(ofA.items.length, 25, "A page through the log of one job missed events.");
      same(
        ofA.items.every((event) => event.id === a),
        true,
        "The log of one job holds another one's events.",
      );
      const failed = await readOn(t.adapter, { kinds: ["failed"], limit: 5 });
      same(
        failed.items.map((event) => event.error?.message),
        range(0, 12).map(String),
        "A kind of events has gaps.",
      );
      const two = await readOn(t.adapter, { id: a, kinds: ["inserted", "user"], limit: 2 });
      same(
        two.items.map((event) => event.kind),
        ["inserted", ...Array<string>(12).fill("user")],
        "Kinds were confused.",
      );
      const after = await t.adapter.events({ after: failed.after, kinds: ["failed"], limit: 5 });
      same(after.items, [], "An event was shown twice.");
      same((await t.adapter.events({ kinds: [], limit: 5 })).items, [], "No kind at all finds events.");
    },
  },
  {
    promise: "P23",
    title: "goes on behind every single event with exactly the rest, of the log, of one job and of some kinds",
    async run(t) {
      await t.adapter.configure("main", { history: "all" });
      const [a, b] = await t.addAll([{}, {}]);
      for (let n = 0; n < 5; n++) {
        await t.apply({ id: a, expect: { state: "waiting" }, set: { error: { message: `${n}` } }, event: n });
        await t.adapter.append([{ id: b, event: `b${n}` }], { now: T0 });
      }
      for (const query of [{}, { id: a }, { kinds: ["user"] as const }, { id: b, kinds: ["user"] as const }]) {
        const all = await readOn(t.adapter, { ...query, limit: 100 });
        for (const limit of [3, 100]) await resumeEverywhere(t.adapter, { ...query, limit }, all.items);
      }
    },
  },
  {
    promise: "P23",
    title: "shows to who follows the log of the store what is said of jobs that have ended",
    async run(t) {
      const [done, failed, cancelled] = await t.addAll([{}, {}, {}]);
      for (const [id, state] of [
        [done, "completed"],
        [failed, "failed"],
        [cancelled, "cancelled"],
      ] as const)
        await t.apply({ id, expect: { state: "waiting" }, set: { state } });
      const { after } = await readOn(t.adapter);
      const entries = [failed, done, cancelled].map((id) => ({ id, event: `late ${id}` }));
      await t.adapter.append(entries, { now: T0 + 1 });
      for (const query of [{}, { kinds: ["user"] as const }]) {
        const { items } = await readOn(t.adapter, { ...query, after });
        same(
          items.map(({ id, data }) => ({ id, event: data })).sort(byId),
          entries.toSorted(byId),
          "A reader missed what was said of a job that had ended.",
        );
      }
    },
  },
  {
    promise: "P23",
    title: "answers an empty page only where nothing more is written, also behind one that was just full",
    async run(t) {
      const id = await t.add();
      const write = (event: number) => t.adapter.append([{ id, event }], { now: T0 });
      for (const event of [1, 2, 3]) await write(event);
      let { items, after } = await t.adapter.events({ limit: 3 });
      for (let left = 3 - items.length; left > 0; left -= items.length) {
        ({ items, after } = await t.adapter.events({ after, limit: left }));
        holds(items.length > 0, "A reader was told that there is nothing more.");
      }
      await write(4);
      const next = await t.adapter.events({ after, limit: 3 });
      same(
        next.items.map((event) => event.data),
        [4],
        "A reader was told that there is nothing more.",
      );
      same((await t.adapter.events({ after: next.after, limit: 3 })).items, [], "An event was shown again.");
    },
  },
  {
    promise: "P23",
    title: "shows a reader every event once while many writers write",
    async run(t) {
      await followWriters([t.adapter, t.adapter, t.adapter], t.adapter, await t.addAll([{}, {}, {}]));
    },
  },
  {
    promise: "P23",
    title: "shows every event once to a reader that goes on from the middle of its pages while many writers write",
    async run(t) {
      await followWriters([t.adapter, t.adapter, t.adapter], t.adapter, await t.addAll([{}, {}, {}]), half);
    },
  },
  {
    promise: "P23",
    title: "shows a reader every event once while several handles write",
    needs: shared,
    async run(t) {
      const writers = [t.adapter, await t.reopen(), await t.reopen()];
      await followWriters(writers, await t.reopen(), await t.addAll([{}, {}, {}]));
    },
  },
  {
    promise: "P23",
    title: "shows every event once to a reader that goes on from the middle of its pages while several handles write",
    needs: shared,
    async run(t) {
      const writers = [t.adapter, await t.reopen(), await t.reopen()];
      await followWriters(writers, await t.reopen(), await t.addAll([{}, {}, {}]), half);
    },
  },
  {
    promise: "P23",
    title: "goes on from an old place after the store was closed and opened again",
    needs: durable,
    async run(t) {
      const id = await t.add();
      await t.adapter.append([{ id, event: 1 }], { now: T0 });
      const { after } = await readOn(t.adapter);
      await t.adapter.append([{ id, event: 2 }], { now: T0 });
      await t.adapter.close();
      const again = await t.reopen();
      await again.append([{ id, event: 3 }], { now: T0 });
      const { items } = await readOn(again, { after });
      same(
        items.map((event) => event.data),
        [2, 3],
        "A reader that went on missed events, or saw them twice.",
      );
    },
  },
];

/** How many events of a page a reader takes before it goes on. */
type Appetite = (found: number) => number;

const whole: Appetite = (found) => found;
const half: Appetite = (found) => Math.ceil(found / 2);

/** Lets each writer append events one by one to its own job, while a reader follows. */
async function followWriters(
  writers: readonly Adapter[],
  reader: Adapter,
  ids: readonly string[],
  appetite: Appetite = whole,
): Promise<void> {
  const perWriter = 40;
  const seen: JobEvent[] = [];
  let writing = true;
  const read = async (): Promise<void> => {
    let after: string | undefined;
    for (let pages = 0; pages < 2000; pages++) {
      // Asked before the page is read: what was written before that has to be in it.
      const allIsWritten = !writing;
      const page: EventPage = await reader.events({ limit: 7, ...(after && { after }) });
      const taken = appetite(page.items.length);
      seen.push(...page.items.slice(0, taken));
      after = taken === 0 ? page.after : present(page.cursors[taken - 1], "A page lacks the cursor of an event.");
      if (allIsWritten && page.items.length === 0) return;
      // Lets the writers in when the adapter answers without any waiting of its own.
      await new Promise(setImmediate);
    }
    throw new Error("A reader that followed the log never came to its end.");
  };
  const reading = read();
  await Promise.all(
    writers.map(async (writer, w) => {
      for (let n = 0; n < perWriter; n++) {
        await writer.append([{ id: ids[w] ?? "", event: n }], { now: T0 });
        if (n % 5 === 0) await new Promise(setImmediate);
      }
    }),
  );
  writing = false;
  await reading;
  for (const id of ids) {
    const data = seen.filter((event) => event.id === id).map((event) => event.data);
    same(data, range(0, perWriter), "A reader missed an event of a job, saw one twice, or saw them out of order.");
  }
}

/** Goes on from behind each event, which has to lead to all that come after it. */
async function resumeEverywhere(adapter: Adapter, query: EventQuery, all: readonly JobEvent[]): Promise<void> {
  for (let start = 0, after: string | undefined; start < all.length;) {
    const page: EventPage = await adapter.events({ ...query, ...(after !== undefined && { after }) });
    same(page.cursors.length, page.items.length, "A page does not have a cursor for each of its events.");
    for (const [i, cursor] of page.cursors.entries()) {
      const rest = await readOn(adapter, { ...query, after: cursor });
      same(rest.items, all.slice(start + i + 1), "From behind an event a reader missed some, or saw them twice.");
    }
    start += Math.max(1, page.items.length);
    after = page.after;
  }
}

function byId(a: Pick<JobEvent, "id">, b: Pick<JobEvent, "id">): number {
  return byCodePoint(a.id, b.id);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
