import { Queue, type StreamedEvent } from "@anyqueue/api";
import type { Client } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { openClient } from "./server.ts";
import { makeStore } from "./stores.ts";

const WRITERS = 8;
const ROUNDS = 5;

it("P23 a stream tells each event once, in the order of its job, of eight writers that commit in the reverse of the order in which they wrote", async () => {
  const queue = new Queue(await makeStore({ connections: 2 }), { retention: false });
  onTestFinished(() => queue.close());
  await queue.open();
  const jobs = Array.from({ length: WRITERS }, (_, w) => ({ type: "a", payload: w }));
  const ids = (await queue.addMany(jobs)).map((outcome) => ("id" in outcome ? outcome.id : ""));
  const clients = await Promise.all(ids.map(() => openClient()));
  const reading = read(queue, WRITERS * ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [w, client] of clients.entries()) await write(queue, client, ids[w] ?? "", round);
    for (const client of clients.toReversed()) await client.query("COMMIT");
  }
  const seen = await reading;
  expect(seen).toHaveLength(WRITERS * ROUNDS);
  for (const id of ids)
    expect(seen.filter((event) => event.id === id).map(({ data }) => data)).toEqual([0, 1, 2, 3, 4]);
});

async function write(queue: Queue, client: Client, id: string, event: number): Promise<void> {
  await client.query("BEGIN");
  await queue.append([{ id, event }], { tx: client as never });
}

/** Reads until it has so many, through streams that end after every third event. */
async function read(queue: Queue, count: number): Promise<StreamedEvent[]> {
  const seen: StreamedEvent[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (seen.length < count && !signal.aborted) {
    const after = seen.at(-1)?.cursor;
    for await (const event of queue.events({ signal, ...(after !== undefined && { after }) })) {
      seen.push(event);
      if (seen.length % 3 === 0 || seen.length === count) break;
    }
  }
  return seen;
}
