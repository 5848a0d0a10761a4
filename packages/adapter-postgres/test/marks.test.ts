import { describe, expect, it } from "vitest";
import { Marks } from "../src/marks.ts";

const MANY = 50;

/** A claimed job as far as a mark looks at it. */
function row(lane: string, priority: number, seq: number): Parameters<Marks["learn"]>[1][number] {
  return { lane, priority: [priority], runAt: [1000], seq: [seq] };
}

describe("marks", () => {
  it("are not made while claims have little in the way", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(undefined), [row("a", 5, 1)], 2);
    expect(marks.ticket(undefined).given).toBeNull();
  });

  it("remember the last place of each lane once a claim had to read many pages", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(undefined), [row("a", 5, 1), row("b", 5, 2), row("a", 6, 3)], MANY);
    expect(JSON.parse(marks.ticket(undefined).given ?? "")).toEqual({ a: [6, 1000, 3], b: [5, 1000, 2] });
  });

  it("P7 fall when something comes into their lane, also while the claim that would set them is on its way", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(undefined), [row("a", 5, 1), row("b", 5, 2)], MANY);
    const ticket = marks.ticket(undefined);
    marks.drop(["a"]);
    marks.learn(ticket, [row("a", 5, 3), row("b", 5, 4)], MANY);
    expect(JSON.parse(marks.ticket(undefined).given ?? "")).toEqual({ b: [5, 1000, 4] });
  });

  it("stay when another process has added something, where the look from the beginning was long", () => {
    const marks = new Marks();
    marks.learn(marks.ticket(undefined), [row("a", 5, 1)], MANY);
    marks.doubt(["a"]);
    expect(JSON.parse(marks.ticket(undefined).given ?? "")).toEqual({ a: [5, 1000, 1] });
  });

  it("P7 fall when another process has added something, where that look was short", () => {
    const marks = new Marks();
    const many = Array.from({ length: 600 }, (_, seq) => row("a", 5, seq));
    marks.learn(marks.ticket(undefined), many, 1);
    expect(marks.ticket(undefined).given).not.toBeNull();
    marks.doubt(["a"]);
    expect(marks.ticket(undefined).given).toBeNull();
  });

  it("are all forgotten when anything may have happened", () => {
    const marks = new Marks();
    const ticket = marks.ticket(undefined);
    marks.clear();
    marks.learn(ticket, [row("a", 5, 1)], MANY);
    expect(marks.ticket(undefined).given).toBeNull();
  });

  it("hold for one filter by type only", () => {
    const marks = new Marks();
    const mail = marks.ticket(["mail"]);
    marks.learn(mail, [row("a", 5, 1)], MANY);
    expect(marks.ticket(["image"]).given).toBeNull();
    marks.learn(mail, [row("a", 5, 2)], MANY);
    expect(marks.ticket(["image"]).given).toBeNull();
  });
});
