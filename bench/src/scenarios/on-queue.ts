import { type JobInput, Queue } from "@anyqueue/api";
import { onStore, type Subject } from "../subject.ts";

const BATCH = 1000;

/** Does something through the verbs of the contract, on a new store of the subject, which is gone afterwards. */
export function onQueue<T>(subject: Subject, task: (queue: Queue) => Promise<T>, connections = 50): Promise<T> {
  return onStore(subject, async ({ address = "" }) => {
    const adapter = await subject.adapter?.(address, connections);
    if (adapter === undefined) throw new Error(`${subject.name} opens no adapter.`);
    const queue = new Queue(adapter, { retention: false });
    await queue.open();
    try {
      return await task(queue);
    } finally {
      await queue.close();
    }
  });
}

/** Inserts so many jobs, numbered from 0, in calls of a thousand. */
export async function insertMany(queue: Queue, count: number, jobOf: (n: number) => JobInput): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    await queue.insert(Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => jobOf(first + i)));
  }
}
