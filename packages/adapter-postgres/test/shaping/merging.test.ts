import { type Job, Queue } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { temporarySchema } from "../server.ts";
import { openStore } from "../stores.ts";

const LEASE = { ms: 3_600_000, holder: "me" };

describe("clients that merge into jobs which others are taking", () => {
  it("P17 lose nothing of what was added", async () => {
    const schema = temporarySchema();
    const queues = await Promise.all(
      Array.from({ length: 6 }, async () => new Queue(await openStore({ schema }), { retention: false })),
    );
    await Promise.all(queues.map((queue) => queue.open()));
    const [taker, ...adders] = queues;
    let open = adders.length;
    const ran: string[] = [];

    const take = async (queue: Queue): Promise<void> => {
      for (;;) {
        const isLast = open === 0;
        const { jobs } = await queue.poll({ limit: 4, lease: LEASE });
        ran.push(...jobs.flatMap(tagsOf));
        await queue.cas(jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })));
        if (jobs.length === 0 && isLast) return;
      }
    };
    const add = async (queue: Queue, n: number): Promise<void> => {
      const unique = { fields: ["page"], until: "started", on: "merge" } as const;
      for (let i = 0; i < 60; i++) await queue.add("index", { page: i % 2, tags: [`${n}-${i}`] }, { unique });
      open--;
    };
    await Promise.all([...(taker ? [take(taker)] : []), ...adders.map(add)]);

    const added = adders.flatMap((_, n) => Array.from({ length: 60 }, (_each, i) => `${n}-${i}`));
    expect(ran.toSorted()).toEqual(added.toSorted());
    await Promise.all(queues.map((queue) => queue.close()));
  });
});

function tagsOf({ payload }: Job): readonly string[] {
  return (payload as { readonly tags: readonly string[] }).tags;
}
