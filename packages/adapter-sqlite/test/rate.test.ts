import { expect, it } from "vitest";
import { job, NOW, openStore } from "./files.ts";

it("P19 begins full again when its rate was reset and is set once more", async () => {
  const store = await openStore();
  const rate = { limit: 1, periodMs: 3_600_000 };
  const jobs = ["1", "2", "3"].map((id) => job(id));
  const lane = jobs[0]?.lane ?? "";
  await store.insert(jobs, { now: NOW });
  const take = async (): Promise<number> =>
    (await store.poll({ lanes: [lane], limit: 9, lease: { ms: 1000, holder: "me" }, now: NOW })).jobs.length;

  await store.configure(lane, { rate });
  expect([await take(), await take()]).toEqual([1, 0]);
  await store.configure(lane, { rate });
  expect(await take()).toBe(0);
  await store.configure(lane, { rate: null });
  await store.configure(lane, { rate });
  expect([await take(), await take()]).toEqual([1, 0]);
});
