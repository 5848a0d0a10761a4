import { setImmediate as nextTurn } from "node:timers/promises";
import type { Adapter, Queue, StreamedEvent } from "@anyqueue/api";
import { beforeEach, describe, expect, it } from "vitest";
import { decorate, memory } from "../support/adapters.ts";
import { errorOf, rejectionOf } from "../support/errors.ts";
import { openOver } from "../support/queues.ts";

let adapter: Adapter;
let queue: Queue;
beforeEach(async () => {
  adapter = await memory();
  queue = await openOver(adapter);
});

/** Writes user events of a waiting job, with hints. */
async function write(id: string, ...events: readonly number[]): Promise<void> {
  for (const event of events) await queue.cas([{ id, expect: { state: "waiting" }, set: { state: "waiting" }, event }]);
}

async function take(stream: AsyncIterable<StreamedEvent>, count: number): Promise<StreamedEvent[]> {
  const taken: StreamedEvent[] = [];
  for await (const event of stream) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

const dataOf = (events: readonly StreamedEvent[]): unknown[] => events.map(({ data }) => data);

describe("events", () => {
  it("P23 tells what is there, then what comes, at once by a hint", async () => {
    const { id } = await queue.add("a", 1);
    await write(id, 1, 2);
    const stream = queue.events();
    expect(
      dataOf([(await stream.next()).value as StreamedEvent, (await stream.next()).value as StreamedEvent]),
    ).toEqual([1, 2]);
    const next = stream.next();
    await write(id, 3);
    expect((await next).value?.data).toBe(3);
    await stream.return();
  });

  it("P24 tells what comes without any hint", async () => {
    const deaf = await openOver(decorate(await memory(), { subscribe: async () => () => undefined }));
    const { id } = await deaf.add("a", 1);
    const next = deaf.events().next();
    await nextTurn();
    await deaf.append([{ id, event: "later" }]);
    expect((await next).value?.data).toBe("later");
  });

  it("P23 goes on exactly behind an event, or where a stream left off", async () => {
    const { id } = await queue.add("a", 1);
    await write(id, 1, 2, 3, 4, 5);
    const stream = queue.events();
    const [first] = await take(stream, 2);
    expect(dataOf(await take(queue.events({ after: first?.cursor ?? "" }), 4))).toEqual([2, 3, 4, 5]);
    expect(dataOf(await take(queue.events({ after: stream.cursor ?? "" }), 3))).toEqual([3, 4, 5]);
    const { after } = await queue.eventPage({ limit: 4 });
    expect(dataOf(await take(queue.events({ after }), 1))).toEqual([5]);
  });

  it("P23 pages through a long log without a gap, and asks for no page before it is wanted", async () => {
    let pages = 0;
    const counted = await openOver(decorate(adapter, { events: (query) => (pages++, adapter.events(query)) }));
    const { id } = await counted.add("a", 1);
    await counted.append(Array.from({ length: 1001 }, (_, event) => ({ id, event })));
    const stream = counted.events();
    await stream.next();
    await nextTurn();
    expect(pages).toBe(1);
    expect(dataOf(await take(stream, 1000))).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
  });

  it("ends with what is there by now when it is not to follow", async () => {
    const { id } = await queue.add("a", 1);
    await write(id, 1, 2, 3);
    expect(dataOf(await take(queue.events({ follow: false }), 99))).toEqual([1, 2, 3]);
    expect(dataOf(await take(queue.events({ follow: false, kinds: ["failed"] }), 99))).toEqual([]);
  });

  it("ends with its job, once all of its log was told", async () => {
    await queue.configure("default", { history: "all" });
    const { id } = await queue.add("a", 1);
    await queue.add("b", 2);
    const told = take(queue.events({ id }), 99);
    const worker = queue.work({ a: (_job, { log }) => log("working") });
    expect((await told).map(({ kind, to, data }) => to ?? data ?? kind)).toEqual([
      "waiting",
      "active",
      "working",
      "completed",
    ]);
    await worker.stop();
    expect(await take(queue.events({ id }), 99)).toHaveLength(4);
  });

  it("ends when its job is removed, and refuses one that was never there", async () => {
    const { id } = await queue.add("a", 1);
    await write(id, 1);
    const stream = queue.events({ id });
    await stream.next();
    const end = stream.next();
    await queue.remove(id);
    expect(await end).toEqual({ done: true, value: undefined });
    for (const follow of [true, false]) {
      expect(await rejectionOf(queue.events({ id: "default:none", follow }).next())).toMatchObject({ code: "MISSING" });
    }
  });

  it("ends when its signal aborts, while it waits as well as between two events", async () => {
    const { id } = await queue.add("a", 1);
    await write(id, 1, 2);
    const control = new AbortController();
    const stream = queue.events({ signal: control.signal });
    await take1(stream);
    control.abort();
    expect((await stream.next()).done).toBe(true);
    const waiting = new AbortController();
    const idle = queue.events({ after: stream.cursor ?? "", signal: waiting.signal, kinds: ["failed"] });
    const end = idle.next();
    await nextTurn();
    waiting.abort();
    expect((await end).done).toBe(true);
    expect((await queue.events({ signal: AbortSignal.abort() }).next()).done).toBe(true);
  });

  it("ends when it is told to, or its queue is closed, also in the middle of a look", async () => {
    const stream = queue.events();
    const end = stream.next();
    await nextTurn();
    expect((await stream.return()).done).toBe(true);
    expect((await end).done).toBe(true);
    const another = queue.events().next();
    await queue.close();
    expect((await another).done).toBe(true);
    expect(errorOf(() => queue.events())).toMatchObject({ code: "CLOSED" });
  });

  it("leaves neither a timer nor a subscription behind", async () => {
    let listening = 0;
    const subscribe: Adapter["subscribe"] = async (wake) => {
      listening++;
      const stop = await adapter.subscribe(wake);
      return () => {
        listening--;
        stop();
      };
    };
    const counted = await openOver(decorate(adapter, { subscribe }));
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const stream = counted.events();
    const end = stream.next();
    await nextTurn();
    expect(listening).toBe(1);
    await stream.return();
    await end;
    await nextTurn();
    expect(listening).toBe(0);
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout")).toHaveLength(before);
  });

  it("ends with the error of a store that fails, and can be gone on from", async () => {
    let fails = false;
    const events: Adapter["events"] = async (query) => {
      if (fails) throw new Error("The connection was lost.");
      return adapter.events(query);
    };
    const shaky = await openOver(decorate(adapter, { events }));
    const { id } = await shaky.add("a", 1);
    await shaky.append([{ id, event: 1 }]);
    const stream = shaky.events();
    await take1(stream);
    fails = true;
    expect(await rejectionOf(stream.next())).toMatchObject({ code: "UNAVAILABLE" });
    expect((await stream.next()).done).toBe(true);
    fails = false;
    await shaky.append([{ id, event: 2 }]);
    expect(dataOf(await take(shaky.events({ after: stream.cursor ?? "" }), 1))).toEqual([2]);
  });

  it("tells of AnyQueue's own jobs only when one is named", async () => {
    const own = "$system:test";
    await queue.insert([{ id: own, type: "$test", payload: null }]);
    await queue.append([{ id: own, event: "own" }]);
    const { id } = await queue.add("a", 1);
    await queue.append([{ id, event: "theirs" }]);
    expect(dataOf(await take(queue.events({ follow: false }), 9))).toEqual(["theirs"]);
    expect(dataOf(await take(queue.events({ id: own, follow: false }), 9))).toEqual(["own"]);
  });

  it("disposes of itself, and refuses options that are none", async () => {
    {
      await using stream = queue.events();
      expect(stream.cursor).toBeUndefined();
    }
    for (const [options, part] of [
      ["default:a", "an object such as"],
      [{ limit: 10 }, "`limit`"],
      [{ kinds: "user" }, "`kinds`"],
      [{ id: "nowhere" }, "`id`"],
      [{ follow: 1 }, "`follow`"],
      [{ signal: true }, "`signal`"],
    ] as const) {
      const error = errorOf(() => queue.events(options as never));
      expect(error.code).toBe("INVALID");
      expect(error.message).toContain(part);
    }
    expect(await rejectionOf(queue.events({ after: "nonsense" }).next())).toMatchObject({ code: "INVALID" });
  });
});

async function take1(stream: AsyncIterator<StreamedEvent>): Promise<void> {
  expect((await stream.next()).done).toBe(false);
}
