import { expect, it } from "vitest";
import { collectGarbage } from "../src/collect-garbage.ts";

it("removes what nobody holds any more", async () => {
  const dead = new WeakRef({});
  // What a weak reference was made of lives until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(dead.deref()).toBeUndefined();
});
