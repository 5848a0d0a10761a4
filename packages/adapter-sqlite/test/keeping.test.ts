import { expect, it } from "vitest";
import { job, NOW, openStore } from "./files.ts";

it("P26 keeps a finished job that is changed once its lane keeps none of those that finish", async () => {
  const store = await openStore();
  await store.insert([job("a")], { now: NOW });
  const id = "default:a";
  await store.cas([{ id, expect: { state: "waiting" }, set: { state: "completed" } }], { now: NOW });
  await store.configure("default", { keep: { completed: false } });

  const [outcome] = await store.cas([{ id, expect: { state: "completed" }, set: { progress: 1 } }], { now: NOW });

  expect(outcome).toEqual({ status: "ok", version: 3 });
  expect(await store.get([id])).toMatchObject([{ state: "completed", progress: 1 }]);
});
