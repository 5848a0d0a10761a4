import type { Adapter, Queue, StreamedEvent } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { shared, transactionalAndShared } from "../needs.ts";
import type { Trial } from "../trial.ts";

/** P22, P23: the log as `queue.events` streams it. */
export const streaming: readonly Case[] = [
  {
    promise: "P22",
    title: 'streams every transition of a job with `history: "all"`, and ends when the job has ended',
    async run(t) {
      const queue = await t.queue();
      await queue.configure("main", { history: "all" });
      const { id } = await queue.add("work.do", null, { lane: "main", maxAttempts: 2, backoff: NO_BACKOFF });
      const worker = queue.work({ "work.do": (job) => fail(job.attempt < 2) }, { lanes: ["main"] });
      const told: string[] = [];
      for await (const { kind, from, to } of queue.events({ id, signal: AbortSignal.timeout(LONGEST) })) {
        told.push([kind, from, to].filter(Boolean).join(" "));
      }
      await worker.stop();
      const expected = [
        "inserted waiting",
        "moved waiting active",
        "failed",
        "moved active waiting",
        "moved waiting active",
        "moved active completed",
      ];
      same(told, expected, "The stream of a job misses a transition, or tells one that was none.");
    },
  },
  {
    promise: "P23",
    title: "streams every event once while eight writers write, to a reader that starts again behind any event",
    async run(t) {
      const writers = Array.from({ length: WRITERS }, () => t.adapter);
      await streamWriters(t, await t.queue(), writers);
    },
  },
  {
    promise: "P23",
    title: "streams every event once while eight writers write through several handles",
    needs: shared,
    async run(t) {
      const handles = [t.adapter, await t.reopen(), await t.reopen(), await t.reopen()];
      await streamWriters(t, await t.queue(await t.reopen()), [...handles, ...handles]);
    },
  },
  {
    promise: "P23",
    title: "streams what was committed in a transaction of the caller's as well",
    needs: transactionalAndShared,
    async run(t) {
      const [slow, quick] = await t.addAll([{}, {}]);
      const reader = await t.queue(await t.reopen());
      const stream = reader.events({ signal: AbortSignal.timeout(LONGEST) });
      const told: unknown[] = [];
      await t.adapter.append([{ id: quick, event: 1 }]);
      told.push((await stream.next()).value?.data);
      await t.transaction(async (tx) => {
        await t.adapter.append([{ id: slow, event: 2 }], { tx });
      });
      await t.adapter.append([{ id: quick, event: 3 }]);
      told.push((await stream.next()).value?.data, (await stream.next()).value?.data);
      await stream.return();
      same(told, [1, 2, 3], "A stream missed an event, or told one twice.");
    },
  },
];

const NO_BACKOFF = { type: "fixed", delay: 0 } as const;
const WRITERS = 8;
const EACH = 15;
/** Milliseconds after which a stream that tells too little is given up. */
const LONGEST = 20_000;

/** Lets each writer append to a job of its own and to one that all share, while a reader streams, and starts again now and then. */
async function streamWriters(t: Trial, reader: Queue, writers: readonly Adapter[]): Promise<void> {
  const ids = await t.addAll(writers.map(() => ({})));
  const common = await t.add();
  const expected = 2 * EACH * writers.length;
  const reading = read(reader, expected);
  const write = async (writer: Adapter, w: number): Promise<void> => {
    for (let n = 0; n < EACH; n++) {
      await writer.append([
        { id: ids[w] ?? "", event: n },
        { id: common, event: [w, n] },
      ]);
      if (n % 5 === 0) await new Promise(setImmediate);
    }
  };
  await Promise.all(writers.map(write));
  const seen = await reading;
  same(new Set(seen.map(({ cursor }) => cursor)).size, expected, "Two events have the same cursor.");
  for (const [w, id] of ids.entries()) {
    const own = seen.filter((event) => event.id === id).map(({ data }) => data);
    same(own, range(EACH), "A stream missed an event of a job, told one twice, or out of order.");
    const shares = seen.flatMap(({ id: of, data }) => (of === common && first(data) === w ? [data] : []));
    same(
      shares,
      range(EACH).map((n) => [w, n]),
      "A stream missed an event of a job that many write to, told one twice, or out of order.",
    );
  }
}

/** Reads so many events, through streams that end after one, two, three, … of them. */
async function read(queue: Queue, expected: number): Promise<StreamedEvent[]> {
  const seen: StreamedEvent[] = [];
  const signal = AbortSignal.timeout(LONGEST);
  for (let most = 1; seen.length < expected && !signal.aborted; most++) {
    const after = seen.at(-1)?.cursor;
    let count = 0;
    for await (const event of queue.events({ signal, ...(after !== undefined && { after }) })) {
      seen.push(event);
      if (++count === most || seen.length === expected) break;
    }
  }
  return seen;
}

function fail(should: boolean): void {
  if (should) throw new Error("not yet");
}

function first(data: unknown): unknown {
  return Array.isArray(data) ? (data as unknown[])[0] : undefined;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
