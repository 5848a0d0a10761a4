import { expect, it } from "vitest";
import { job, NOW, openStore } from "./files.ts";

it("P9 ends a page of a filtered list at its bound of candidates, wanted or not, unless more were asked for", async () => {
  const store = await openStore();
  const jobs = Array.from({ length: 2500 }, (_, n) => job(`${n}`, { payload: { n: n % 2 } }));
  await store.insert(jobs, { now: NOW });

  const where = { "payload.n": { eq: 1 } };
  const first = await store.list({ where, limit: 600 });
  expect(first.items).toHaveLength(500);
  const second = await store.list({ where, limit: 1500, after: first.after ?? "" });
  expect([second.items.length, second.after]).toEqual([750, undefined]);
});
