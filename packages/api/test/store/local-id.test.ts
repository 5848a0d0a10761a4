import { describe, expect, it } from "vitest";
import { localId } from "../../src/store/local-id.ts";

describe("a local id", () => {
  it("is a UUID of version 7 that tells when it was made", () => {
    const before = Date.now();
    const id = localId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
  });

  it("sorts behind those made before it, and differs from them, also when a millisecond brings more than it can count", () => {
    const ids = Array.from({ length: 20_000 }, localId);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });
});
