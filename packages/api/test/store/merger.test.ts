import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Merger, type Route } from "../../src/store/merger.ts";

const bounds = { items: 10, bytes: 1000 };

/** A store that answers each item with itself, and remembers what came together. */
function recording(route: Partial<Route<string, string>> = {}): { merger: Merger<string, string>; sent: string[][] } {
  const sent: string[][] = [];
  const send = async (items: readonly string[]): Promise<string[]> => {
    sent.push([...items]);
    await new Promise((resolve) => setImmediate(resolve));
    return items.map((item) => `${item}!`);
  };
  return { merger: new Merger({ bounds, send, ...route }), sent };
}

describe("Merger", () => {
  it("sends what is called in one turn as one, and what comes meanwhile as the next", async () => {
    const { merger, sent } = recording();

    const first = [merger.add(["a"], 1), merger.add(["b", "c"], 1)];
    await Promise.resolve();
    const second = [merger.add(["d"], 1), merger.add(["e"], 1)];

    expect(await Promise.all(first)).toEqual([["a!"], ["b!", "c!"]]);
    expect(await Promise.all(second)).toEqual([["d!"], ["e!"]]);
    expect(sent).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
  });

  it("keeps within both bounds, but lets a call beyond them go alone", async () => {
    const { merger, sent } = recording({ bounds: { items: 3, bytes: 10 } });

    await Promise.all([
      merger.add(["a", "b"], 1),
      merger.add(["c", "d"], 1),
      merger.add(["e"], 10),
      merger.add(["f", "g", "h", "i"], 99),
      merger.add(["j"], 0),
    ]);

    expect(sent).toEqual([["a", "b"], ["c", "d"], ["e"], ["f", "g", "h", "i"], ["j"]]);
  });

  it("never sends the same key twice in a call, and lets nobody overtake", async () => {
    const { merger, sent } = recording({ keyOf: (item) => item });

    await Promise.all([merger.add(["a"], 1), merger.add(["b", "a"], 1), merger.add(["c"], 1), merger.add(["c"], 1)]);

    expect(sent).toEqual([["a"], ["b", "a", "c"], ["c"]]);
  });

  it("gives an error to all whose call it was, and goes on", async () => {
    let calls = 0;
    const { merger } = recording({
      send: (items) => (calls++ === 0 ? Promise.reject(new Error("no")) : Promise.resolve(items.map(() => "ok"))),
    });

    const lost = await Promise.allSettled([merger.add(["a"], 1), merger.add(["b"], 1)]);

    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await merger.add(["c"], 1)).toEqual(["ok"]);
  });

  it("goes on when sending throws before it promises anything", async () => {
    let calls = 0;
    const { merger } = recording({
      send: (items) => {
        if (calls++ === 0) throw new Error("no");
        return Promise.resolve(items);
      },
    });

    await expect(merger.add(["a"], 1)).rejects.toThrow("no");
    expect(await merger.add(["b"], 1)).toEqual(["b"]);
  });

  it("P12 keeps an error to the caller who caused it, where calls may be sent again by themselves", async () => {
    const sent: string[][] = [];
    const { merger } = recording({
      mayResend: () => true,
      send: (items) => {
        sent.push([...items]);
        return items.includes("bad") ? Promise.reject(new Error("bad")) : Promise.resolve(items);
      },
    });

    const calls = await Promise.allSettled([merger.add(["a"], 1), merger.add(["bad"], 1), merger.add(["c"], 1)]);

    expect(calls.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(sent).toEqual([["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
  });

  it("keeps order, bounds and keys, and answers everybody with their own, whatever the calls", async () => {
    const call = fc.record({
      keys: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
      bytes: fc.integer({ min: 1, max: 6 }),
      turns: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
        let inFlight = 0;
        let number = 0;
        const sent: { number: number; key: number; call: number }[][] = [];
        const merger = new Merger<{ number: number; key: number; call: number }, number>({
          bounds: { items: 6, bytes: 12 },
          keyOf: ({ key }) => String(key),
          send: async (items) => {
            expect(inFlight++).toBe(0);
            sent.push([...items]);
            await new Promise((resolve) => setImmediate(resolve));
            inFlight--;
            return items.map((item) => item.number);
          },
        });
        const answers: Promise<void>[] = [];
        for (const [i, { keys, bytes, turns }] of calls.entries()) {
          const items = keys.map((key) => ({ number: number++, key, call: i }));
          const own = items.map((item) => item.number);
          answers.push(merger.add(items, bytes).then((outcomes) => expect(outcomes).toEqual(own)));
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(answers);

        expect(sent.flat().map((item) => item.number)).toEqual(Array.from({ length: number }, (_, n) => n));
        for (const items of sent) {
          const callers = new Set(items.map((item) => item.call));
          if (callers.size === 1) continue;
          expect(items.length).toBeLessThanOrEqual(6);
          expect([...callers].reduce((sum, i) => sum + (calls[i]?.bytes ?? 0), 0)).toBeLessThanOrEqual(12);
          for (const { key, call: caller } of items) {
            expect(items.some((other) => other.key === key && other.call !== caller)).toBe(false);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
