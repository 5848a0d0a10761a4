import type { EventPage } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { decorate } from "../../src/decorate.ts";
import { play } from "../../src/model/play.ts";
import { MODEL } from "../../src/model/search.ts";
import type { Step } from "../../src/model/step.ts";
import { naive } from "../naive/fixture.ts";

const scene: readonly Step[] = [
  { verb: "configure", by: "a", lane: "main", settings: { history: "all" } },
  { verb: "insert", by: "a", jobs: [{ id: "main:1" }, { id: "main:2" }] },
  { verb: "poll", by: "a", request: { lanes: ["main"], limit: 1, lease: { ms: 1000, holder: "ann" } } },
];

describe("a script that two stores differ in", () => {
  it("tells the whole answer of the other, also where it has arrows of its own", async () => {
    const found = await play({ subject: withoutMoves(), reference: MODEL }, [...scene, events(100)]);
    expect(found?.history.filter((line) => line.startsWith("memory: "))).toEqual([
      "memory: events limit 100 → [main:1 inserted, main:2 inserted, main:1 waiting → active]",
    ]);
  });

  it("tells of several pages the one where the two part", async () => {
    const found = await play({ subject: withoutMoves(), reference: MODEL }, [...scene, events(2)]);
    expect(found?.history.filter((line) => line.startsWith("memory: "))).toEqual([
      "memory: events after the last, limit 2 → [main:1 waiting → active]",
    ]);
  });

  it("ends both stores where the subject cannot be closed", async () => {
    const ended: string[] = [];
    const broken = naive((adapter) => decorate(adapter, { close: () => Promise.reject(new Error("stuck")) }));
    const subject = { ...broken, dispose: () => void ended.push("subject") };
    const reference = { ...MODEL, dispose: () => void ended.push("reference") };
    await expect(play({ subject, reference }, [])).rejects.toThrow("stuck");
    expect(ended).toEqual(["reference", "subject"]);
  });

  it("ends the other store where the subject cannot be opened", async () => {
    let isEnded = false;
    const subject = { name: "none", open: () => Promise.reject(new Error("no store")) };
    const reference = { ...MODEL, dispose: () => void (isEnded = true) };
    await expect(play({ subject, reference }, [])).rejects.toThrow("no store");
    expect(isEnded).toBe(true);
  });
});

function events(limit: number): Step {
  return { verb: "events", by: "a", query: { limit } };
}

/** Leaves out of the log how jobs moved. */
function withoutMoves() {
  return naive((adapter) =>
    decorate(adapter, {
      events: async (query): Promise<EventPage> => {
        const { items, cursors, after } = await adapter.events(query);
        const kept = items.map(({ kind }) => kind !== "moved");
        return { items: items.filter((_, i) => kept[i]), cursors: cursors.filter((_, i) => kept[i]), after };
      },
    }),
  );
}
