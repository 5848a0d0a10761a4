import { join } from "node:path";
import { openQueue, type WorkerOptions } from "@anyqueue/api";
import type { Session, Subject } from "../subject.ts";
import { scratch } from "./scratch.ts";

/** One of our backends. Fencing tokens, heartbeats, retries and error capture are on, as always. */
export function anyqueue(backend: "memory" | "sqlite", durability?: "full" | "normal"): Subject {
  const mode = durability?.toUpperCase();
  return {
    name: ["anyqueue", backend, mode].filter(Boolean).join(" "),
    durability: backend === "memory" ? "none" : durability === "full" ? "power-loss" : "crash",
    floor: ["floor", backend, mode].filter(Boolean).join(" "),
    open: () => open(backend, durability),
  };
}

async function open(backend: string, durability: string | undefined): Promise<Session> {
  const folder = await scratch();
  const config = backend === "memory" ? { backend } : { backend, path: join(folder.path, "queue.db"), durability };
  const queue = await openQueue(config);
  return {
    add: (n) => queue.add("noop", { n }),
    addMany: (count) => queue.addMany(Array.from({ length: count }, (_, n) => ({ type: "noop", payload: { n } }))),
    drain: (single) => drain(single ? { concurrency: 1, prefetch: 0 } : { concurrency: 100 }),
    latency,
    close: async () => {
      await queue.close();
      await folder.remove();
    },
  };

  async function drain(options: WorkerOptions): Promise<number> {
    let count = 0;
    const worker = queue.work({ noop: async () => void count++ }, options);
    await worker.idle();
    await worker.stop();
    return count;
  }

  async function latency(count: number): Promise<number[]> {
    let started: (at: number) => void = () => undefined;
    const worker = queue.work({ noop: () => started(performance.now()) });
    await worker.idle();
    const delays: number[] = [];
    for (let n = 0; n < count; n++) {
      const start = new Promise<number>((resolve) => (started = resolve));
      const addedAt = performance.now();
      await queue.add("noop", { n });
      delays.push((await start) - addedAt);
      // The worker has to be asleep again, or its next poll would find the job without being woken.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await worker.stop();
    return delays;
  }
}
