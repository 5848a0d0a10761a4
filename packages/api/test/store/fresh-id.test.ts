import { describe, expect, it } from "vitest";
import { freshId } from "../../src/store/fresh-id.ts";

describe("a fresh id", () => {
  it("is a UUID of version 7 in its lane that tells when it was made", () => {
    const before = Date.now();
    const id = freshId("mails");
    expect(id).toMatch(/^mails:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeIn(id)).toBeGreaterThanOrEqual(before);
  });

  it("sorts behind those made before it, and differs from them, also when a millisecond brings more than it can count", () => {
    const ids = Array.from({ length: 20_000 }, () => freshId("mails"));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is the like when lanes take turns", () => {
    const before = Date.now();
    const ids = Array.from({ length: 20_000 }, (_, i) => freshId(i % 2 === 0 ? "a" : "other"));
    const locals = ids.map((id) => id.slice(id.indexOf(":") + 1));
    expect(ids.every((id, i) => id.startsWith(i % 2 === 0 ? "a:" : "other:"))).toBe(true);
    expect(locals).toEqual(locals.toSorted());
    expect(locals.every((local) => local.length === 36)).toBe(true);
    expect(ids.every((id) => timeIn(id) >= before)).toBe(true);
  });
});

function timeIn(id: string): number {
  const [, local = ""] = id.split(":");
  return Number.parseInt(local.replace("-", "").slice(0, 12), 16);
}
