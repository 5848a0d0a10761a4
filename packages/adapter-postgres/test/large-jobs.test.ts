import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { job, openStore } from "./stores.ts";

it("P7 jobs too large to travel as one come in poll order all the same, between lanes of small ones, with all they have", async () => {
  const store = await openStore();
  const text = () => randomBytes(300_000).toString("base64");
  const large = [0, 1, 2, 3].map((i) =>
    job(String(i), { lane: "b", payload: [text()], progress: text(), group: "g", priority: 4 - i }),
  );
  const small = ["a", "c"].map((lane) => job("1", { lane, progress: null }));
  await store.insert([...large, ...small]);
  const { jobs } = await store.poll({ limit: 10, lanes: ["a", "b", "c"], lease: { ms: 60_000, holder: "me" } });
  expect(jobs.map(({ id }) => id)).toEqual(["a:1", "b:3", "b:2", "b:1", "b:0", "c:1"]);
  expect(jobs).toEqual(await store.get(jobs.map(({ id }) => id)));
  expect(jobs[1]).toMatchObject({ payload: large[3]?.payload, progress: large[3]?.progress, group: "g" });
});
