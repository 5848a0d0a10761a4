// Following the log: every failed attempt, note and transition, each once, also for a reader that was gone for a while.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");
// By default the log has failed attempts and what handlers and users write; in this lane also every transition.
await queue.configure("orders", { history: "all" });

const worker = queue.work({
  "order.ship": async (job, { log }) => {
    if (job.attempt === 1) throw new Error("the van is late");
    await log({ parcel: "P-1" });
  },
});
const backoff = { type: "fixed", delay: "10ms" } as const;
const { id } = await queue.add("order.ship", { order: 1 }, { lane: "orders", backoff });

// Of one job: the stream waits for what comes, and ends when the job has ended and all was told.
for await (const event of queue.events({ id })) {
  console.log(event.kind, event.to ?? event.error?.message ?? event.data);
}

// Of all jobs: it would go on for ever; leaving the loop ends it. Each event carries the place behind it.
let cursor: string | undefined;
for await (const event of queue.events()) {
  cursor = event.cursor;
  if (event.kind === "failed") break;
}

// Later, perhaps in another process: exactly behind the failure. `follow: false` ends with what is there by now.
const rest: string[] = [];
for await (const { kind } of queue.events({ ...(cursor !== undefined && { after: cursor }), follow: false }))
  rest.push(kind);
console.log(rest);

await worker.stop();
