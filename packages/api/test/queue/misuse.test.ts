import { openQueue, type Queue } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf, rejectionOf } from "../support/errors.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

/** Reading it throws. */
const trap = Object.defineProperty({}, "x", {
  enumerable: true,
  get: () => {
    throw new Error("boom");
  },
});

const holes: string[] = [];
holes.length = 2;

describe("what the compiler would refuse", () => {
  it.each<[string, (queue: Queue) => Promise<unknown>, string]>([
    ["retry of nothing", (q) => q.retry(undefined as never), "Say which jobs"],
    ["retry of null", (q) => q.retry(null as never), "Say which jobs"],
    ["retry of one state as a string", (q) => q.retry({ states: "failed" } as never), "`states`"],
    ["retry into an end", (q) => q.retry("default:x", { state: "failed" }), "cannot begin as"],
    ["cancel of a list", (q) => q.cancel([] as never), "Say which jobs"],
    ["list of null", (q) => q.list(null as never), "an object"],
    ["events of an id", (q) => q.eventPage("default:x" as never), "an object"],
    ["a signal that is none", (q) => q.result("default:x", { signal: true as never }), "`signal`"],
    ["a symbol as type", (q) => q.add(Symbol("a") as never, 1), "its type must be a string"],
    ["an object as type", (q) => q.add({ toString: 1 } as never, 1, {}), "its type must be a string"],
    ["lanes with holes", (q) => q.receive({ lanes: holes }), "`lanes.0`"],
    ["ids with holes", (q) => q.get(holes), "`ids.0`"],
    ["a payload that cannot be read", (q) => q.add("a", trap), "cannot be read"],
    ["no transaction where one is named", (q) => q.insert([], { tx: undefined as never }), "`tx`"],
  ])("is refused by name: %s", async (_, call, part) => {
    const error = await rejectionOf(call(queue));
    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("is refused in a catalogue: a schema that is none", async () => {
    const error = await rejectionOf(openQueue("memory:", { jobs: { a: { payload: 5 as never } } }));
    expect(error.message).toContain("Cannot define the job type a: `payload` must be a TypeBox schema");
  });

  it.each([
    [
      "throws",
      (): never => {
        throw new Error("x");
      },
    ],
    ["answers nothing", () => undefined as never],
  ])("is refused in a Standard Schema that %s", async (_, validate) => {
    const payload = { "~standard": { version: 1 as const, vendor: "test", validate } };
    const own = await openQueue("memory:", { jobs: { a: { payload } } });
    expect((await rejectionOf(own.add("a", 1 as never))).code).toBe("INVALID");
    await own.close();
  });

  it("P5 is refused where a transaction was forgotten", async () => {
    const sqlite = await openQueue("sqlite::memory:");
    expect(["INVALID", "UNSUPPORTED"]).toContain(errorOf(() => sqlite.in(undefined as never)).code);
    await sqlite.close();
  });
});
