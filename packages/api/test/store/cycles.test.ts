import { QueueError } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { refuseCycles } from "../../src/store/cycles.ts";
import { jobOf } from "../support/jobs.ts";

const job = (id: string, ...dependsOn: string[]) =>
  jobOf({ id: `l:${id}`, lane: "l", ...(dependsOn.length > 0 && { dependsOn: dependsOn.map((one) => `l:${one}`) }) });

describe("jobs of one call that depend on each other", () => {
  it("P20 are refused when they would wait in a circle, by their ids", () => {
    const jobs = [job("a", "b"), job("b", "c"), job("c", "b"), job("d")];
    expect(() => refuseCycles(jobs, "insert")).toThrow(QueueError);
    expect(() => refuseCycles(jobs, "insert")).toThrow("l:b → l:c → l:b");
  });

  it("P20 may share dependencies, come in any order, and depend on jobs of other calls", () => {
    expect(() =>
      refuseCycles([job("a", "b", "c"), job("b", "d"), job("c", "d", "x"), job("d")], "insert"),
    ).not.toThrow();
  });

  it("P20 are looked through however long their chain is", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => job(`${i}`, `${i + 1}`));
    expect(() => refuseCycles(chain, "insert")).not.toThrow();
    expect(() => refuseCycles([...chain, job("20000", "0")], "insert")).toThrow("circle");
  });
});
