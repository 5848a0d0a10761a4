import type { Adapter } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { decorate } from "../src/decorate.ts";
import { T0 } from "../src/time.ts";
import { bringToRest } from "../src/traffic/rest.ts";
import { NaiveAdapter, NaiveStore } from "./naive/naive-adapter.ts";

describe("a lane that is brought to rest", () => {
  it("is polled again where a poll passed over what is due, because others just touched it", async () => {
    const adapter = new NaiveAdapter(new NaiveStore()) as Adapter;
    await adapter.open();
    const job = { id: "main:1", lane: "main", type: "work.do", payload: null, priority: 512, maxAttempts: 3 };
    await adapter.insert([{ ...job, state: "waiting" }], { now: T0 });
    let polls = 0;
    const busy = decorate(adapter, {
      poll: (request) => adapter.poll(++polls < 3 ? { ...request, limit: 0, expired: 0 } : request),
    });
    const { jobs } = await bringToRest(busy, "main", [job.id], T0);
    expect(jobs.map(({ state }) => state)).toEqual(["completed"]);
  });
});
