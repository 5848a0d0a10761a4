import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Look, Marks } from "../src/marks.ts";

/** A look that read so many pages. */
function pages(count: number, ms = 1, held: number | null = null): Look {
  return { at: 5000, pages: count, ms, held, through: [], cut: [], came: [], isFull: false };
}
const MANY = pages(50);
const FEW = pages(1);
/** As behind an old snapshot, where it takes more of the time than it may. */
const LONG = pages(5000, 300);

/** A claimed job as far as a mark looks at it. */
function row(lane: string, priority: number, seq: number): Parameters<Marks["learn"]>[1][number] {
  return { lane, priority: [priority], runAt: [1000], seq: [seq] };
}

/** Which marks a poll is given. */
function placesOf(marks: Marks, types?: readonly string[]): unknown {
  return (JSON.parse(marks.ticket(undefined, types).given ?? "{}") as { lanes?: unknown }).lanes;
}

describe("marks", () => {
  it("are not made while claims have little in the way", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], undefined), [row("a", 5, 1)], FEW);
    expect(marks.ticket(["a", "b"], undefined).given).toBeNull();
  });

  it("remember the last place of each lane once a claim had to read many pages", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], undefined), [row("a", 5, 1), row("b", 5, 2), row("a", 6, 3)], MANY);
    expect(JSON.parse(marks.ticket(["a", "b"], undefined).given ?? "")).toEqual({
      lanes: { a: [6, 1000, 3], b: [5, 1000, 2] },
    });
  });

  it("P7 fall when something comes into their lane, also while the claim that would set them is on its way", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], undefined), [row("a", 5, 1), row("b", 5, 2)], MANY);
    const ticket = marks.ticket(["a", "b"], undefined);
    marks.drop(["a"]);
    marks.learn(ticket, [row("a", 5, 3), row("b", 5, 4)], MANY);
    expect(JSON.parse(marks.ticket(["a", "b"], undefined).given ?? "")).toEqual({ lanes: { b: [5, 1000, 4] } });
  });

  it("stay when another process has added something, where the look from the beginning was long", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], undefined), [row("a", 5, 1)], MANY);
    marks.doubt(["a"]);
    expect(JSON.parse(marks.ticket(["a", "b"], undefined).given ?? "")).toEqual({ lanes: { a: [5, 1000, 1] } });
  });

  it("P7 fall when another process has added something, where that look was short", () => {
    const marks = new Marks();
    const many = Array.from({ length: 600 }, (_, seq) => row("a", 5, seq));
    marks.learn(marks.ticket(["a", "b"], undefined), many, FEW);
    expect(marks.ticket(["a", "b"], undefined).given).not.toBeNull();
    marks.doubt(["a"]);
    expect(marks.ticket(["a", "b"], undefined).given).toBeNull();
  });

  it("are all forgotten when anything may have happened", () => {
    const marks = new Marks();
    const ticket = marks.ticket(["a", "b"], undefined);
    marks.clear();
    marks.learn(ticket, [row("a", 5, 1)], MANY);
    expect(marks.ticket(["a", "b"], undefined).given).toBeNull();
  });

  it("hold for one filter by type only, and stay when polls with others come between", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], ["mail"]), [row("a", 5, 1)], MANY);
    expect(marks.ticket(["a", "b"], ["image"]).given).toBeNull();
    marks.learn(marks.ticket(["a", "b"], ["image"]), [row("a", 5, 2)], MANY);
    expect(placesOf(marks, ["mail"])).toEqual({ a: [5, 1000, 1] });
    expect(placesOf(marks, ["image"])).toEqual({ a: [5, 1000, 2] });
    expect(marks.ticket(["a", "b"], undefined).given).toBeNull();
  });

  it("P7 P8 fall for every filter where a poll made jobs ready, except behind what it claimed itself", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a", "b"], ["mail"]), [row("a", 5, 1), row("b", 5, 2)], MANY);
    marks.learn(marks.ticket(["a"], ["image"]), [row("a", 5, 3)], { ...MANY, came: ["a"] });
    expect(placesOf(marks, ["mail"])).toEqual({ b: [5, 1000, 2] });
    expect(placesOf(marks, ["image"])).toEqual({ a: [5, 1000, 3] });
  });

  it("are not left where a lane was seen to its end, or a poll by type was cut short, while looks are short", () => {
    const marks = new Marks();
    const look: Look = { ...MANY, through: ["a"], cut: [["b", [5, 1000, 2]]] };
    marks.learn(marks.ticket(["a", "b"], undefined), [], look);
    expect(marks.ticket(["a", "b"], undefined).given).toBeNull();
  });

  it("P7 are not left by a poll that was sent before they were over, and is answered after that", () => {
    const marks = new Marks();
    vi.useFakeTimers({ now: 0, toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], MANY);
    const late = marks.ticket(["a"], undefined);
    vi.advanceTimersByTime(1001);
    marks.learn(marks.ticket(["a"], undefined), [row("a", 0, 2)], MANY);
    marks.learn(late, [row("a", 5, 3)], MANY);
    expect(JSON.parse(marks.ticket(["a"], undefined).given ?? "")).toEqual({ lanes: { a: [0, 1000, 2] } });
  });

  describe("where the look from the beginning is long", () => {
    it("last ten times as long as it took, whatever comes in", () => {
      const marks = new Marks();
      vi.useFakeTimers({ now: 0, toFake: ["performance"] });
      onTestFinished(() => void vi.useRealTimers());
      marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], LONG);
      marks.drop(["a"]);
      marks.doubt(["a"]);
      vi.advanceTimersByTime(2999);
      expect(JSON.parse(marks.ticket(["a"], undefined).given ?? "")).toEqual({ lanes: { a: [5, 1000, 1] }, held: 0 });
      vi.advanceTimersByTime(2);
      expect(marks.ticket(["a"], undefined).given).toBeNull();
    });

    it("P7 P15 do not last longer because a look waited for a lock, or for a server that stood still", () => {
      const marks = new Marks();
      vi.useFakeTimers({ now: 0, toFake: ["performance"] });
      onTestFinished(() => void vi.useRealTimers());
      marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], pages(500, 60_000));
      vi.advanceTimersByTime(2499);
      expect(marks.ticket(["a"], undefined).given).not.toBeNull();
      vi.advanceTimersByTime(2);
      expect(marks.ticket(["a"], undefined).given).toBeNull();
    });

    it("are before what was added a moment ago, and may only be committed now", () => {
      const marks = new Marks();
      const { at } = LONG;
      const found = { lane: "a", priority: [5], runAt: [at - 1], seq: [7] };
      marks.learn(marks.ticket(["a"], undefined), [found], LONG);
      expect(JSON.parse(marks.ticket(["a"], undefined).given ?? "")).toMatchObject({ lanes: { a: [5, at - 100, 0] } });
    });

    it("are followed by the token below which the same lanes hold no lease", () => {
      const marks = new Marks();
      marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], LONG);
      const lanes = { a: [5, 1000, 1] };
      expect(JSON.parse(marks.ticketForLeases(["a"], undefined).given ?? "")).toEqual({ lanes, held: 0 });
      marks.learn(marks.ticketForLeases(["a"], undefined), [], pages(1, 1, 40));
      expect(JSON.parse(marks.ticketForLeases(["a"], undefined).given ?? "")).toEqual({ lanes, held: 40 });
      expect(JSON.parse(marks.ticketForLeases(["b"], ["mail"]).given ?? "")).toEqual({ lanes: {}, held: 0 });
    });

    it("are forgotten when anything may have happened, with what is known of leases", () => {
      const marks = new Marks();
      const ticket = marks.ticket(["a"], undefined);
      marks.learn(ticket, [row("a", 5, 1)], LONG);
      const late = marks.ticketForLeases(["a"], undefined);
      marks.clear();
      marks.learn(late, [], pages(1, 1, 40));
      expect(marks.ticket(["a"], undefined).given).toBeNull();
      expect(JSON.parse(marks.ticketForLeases(["a"], undefined).given ?? "")).toEqual({ lanes: {}, held: 0 });
    });

    it("are left in lanes in which nothing is left, where jobs are added next, and then behind all jobs if that does not do", () => {
      const marks = new Marks();
      marks.learn(marks.ticket(["a", "b"], undefined), [row("b", 5, 1)], { ...LONG, through: ["a", "b"] });
      expect(placesOf(marks)).toEqual({ a: [512, 4900, 0], b: [512, 4900, 0] });
      marks.learn(marks.ticket(["a"], undefined), [], { ...LONG, through: ["a"] });
      marks.learn(marks.ticket(["b"], undefined), [row("b", 600, 2)], { ...LONG, through: ["b"] });
      expect(placesOf(marks)).toEqual({ a: [2 ** 32, 0, 0], b: [600, 1000, 2] });
    });

    it("are left there with the priority of the mark before, or where the last job was if that is later", () => {
      const marks = new Marks();
      vi.useFakeTimers({ now: 0, toFake: ["performance"] });
      onTestFinished(() => void vi.useRealTimers());
      marks.learn(marks.ticket(["a", "b"], undefined), [row("a", 700, 1), row("b", 600, 1)], LONG);
      vi.advanceTimersByTime(3001);
      marks.learn(marks.ticket(["a", "b"], undefined), [row("b", 900, 2)], { ...LONG, through: ["a", "b"] });
      expect(placesOf(marks)).toEqual({ a: [700, 4900, 0], b: [900, 1000, 2] });
    });

    it("are left where a poll by type was cut short, which claimed nothing", () => {
      const marks = new Marks();
      const look: Look = {
        ...LONG,
        cut: [
          ["a", [5, 1000, 7]],
          ["b", [-1, 0, 0]],
        ],
      };
      marks.learn(marks.ticket(["a", "b"], ["mail"]), [], look);
      expect(placesOf(marks, ["mail"])).toEqual({ a: [5, 1000, 7] });
    });

    it("do not fall back to where a poll by type began in a lane that gave its share", () => {
      const marks = new Marks();
      const look: Look = { ...LONG, cut: [["a", [5, 1000, 1]]] };
      marks.learn(marks.ticket(["a"], ["mail"]), [row("a", 5, 3)], look);
      expect(placesOf(marks, ["mail"])).toEqual({ a: [5, 1000, 3] });
    });

    it("are not put down again by a job far below them that was missed", () => {
      const marks = new Marks();
      marks.learn(marks.ticket(["a"], undefined), [row("a", 700, 2)], LONG);
      marks.drop(["a"]);
      marks.learn(marks.ticket(["a"], undefined), [], FEW);
      marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 3)], { ...LONG, through: ["a"] });
      expect(placesOf(marks)).toEqual({ a: [700, 4900, 0] });
    });

    it("P7 P10 fall once in their time where nothing was found although something came in, which is told", () => {
      const marks = new Marks();
      const find = (...found: ReturnType<typeof row>[]) => marks.learn(marks.ticket(["a"], undefined), found, LONG);
      find(row("a", 5, 2));
      expect(find()).toBe(false);
      marks.drop(["a"]);
      expect(find(row("a", 5, 3))).toBe(false);
      expect(find()).toBe(false);
      marks.doubt(["a", "b"]);
      expect(find()).toBe(true);
      expect(marks.ticket(["a"], undefined).given).toBeNull();
      find(row("a", 5, 1));
      marks.drop(["a"]);
      expect(find()).toBe(false);
      expect(placesOf(marks)).toEqual({ a: [5, 1000, 1] });
    });

    it("P7 do not fall in lanes that were not looked through, or not asked for, or for another filter", () => {
      const marks = new Marks();
      for (const types of [["mail"], ["image"]]) {
        marks.learn(marks.ticket(["a", "b"], types), [row("a", 5, 1), row("b", 5, 2)], LONG);
      }
      marks.drop(["a", "b"]);
      expect(marks.learn(marks.ticket(["a"], ["mail"]), [], { ...LONG, isFull: true })).toBe(false);
      expect(marks.learn(marks.ticket(["a"], ["mail"]), [], LONG)).toBe(true);
      expect(placesOf(marks, ["mail"])).toEqual({ b: [5, 1000, 2] });
      expect(placesOf(marks, ["image"])).toEqual({ a: [5, 1000, 1], b: [5, 1000, 2] });
    });

    it("P8 fall in the same way where a poll made jobs ready and found none of them", () => {
      const marks = new Marks();
      marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], LONG);
      expect(marks.learn(marks.ticket(["a"], undefined), [], { ...FEW, came: ["a"] })).toBe(true);
      expect(marks.ticket(["a"], undefined).given).toBeNull();
    });
  });

  it("are believed also when only one of several lanes takes long, beside which another has a mark", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], MANY);
    marks.learn(marks.ticket(["b", "a"], undefined), [row("a", 5, 2)], { ...LONG, through: ["b"] });
    expect(JSON.parse(marks.ticket(["b", "a"], undefined).given ?? "")).toEqual({
      lanes: { a: [5, 1000, 2], b: [512, 4900, 0] },
      held: 0,
    });
  });

  it("know nothing of leases where looks are short, however long a busy server takes for one", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(["a"], undefined), [row("a", 5, 1)], pages(50, 300));
    expect(JSON.parse(marks.ticket(["a"], undefined).given ?? "")).toEqual({ lanes: { a: [5, 1000, 1] } });
    expect(marks.ticketForLeases(["a"], undefined).given).toBeNull();
  });
});
