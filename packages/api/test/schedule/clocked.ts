import { type Adapter, Queue, type QueueOptions, Store } from "@anyqueue/api";
import { onTestFinished } from "vitest";
import { Wakeups } from "../../src/queue/wakeups.ts";
import { Scheduler } from "../../src/schedule/scheduler.ts";
import { decorate, memory } from "../support/adapters.ts";

/** Half past noon, so that hours are before and ahead. */
export const START = Date.parse("2026-11-22T12:30:00Z");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A store whose clock stands still until it is set, and everything that shares it. */
export interface Shared {
  readonly adapter: Adapter;
  readonly queue: Queue;
  /** Sets the store's clock this many milliseconds after `START`. */
  readonly at: (ms: number) => void;
  /** A process of its own that ticks: what it would do on waking up. */
  scheduler(verbs?: Partial<Adapter>): Promise<{ readonly look: () => Promise<number>; readonly errors: unknown[] }>;
  /** The local ids of the jobs that the schedules have added, by insertion. */
  added(): Promise<string[]>;
  /** Ends a job that nobody has begun. */
  readonly finish: (id: string, state?: string) => Promise<unknown>;
}

/** Opens a queue, on memory, whose schedules tick only when `look` is called. */
export async function openShared(options: QueueOptions = {}): Promise<Shared> {
  let now = START;
  const real = await memory();
  const adapter = decorate(real, {
    insert: (jobs, at) => real.insert(jobs, { now, ...at }),
    poll: (request) => real.poll({ now, ...request }),
    cas: (changes, at) => real.cas(changes, { now, ...at }),
    remove: (query) => real.remove("ids" in query ? query : { now, ...query }),
  });
  const queue = new Queue(adapter, { retention: false, schedules: false, ...options });
  onTestFinished(() => queue.close());
  await queue.open();
  return {
    adapter,
    queue,
    at: (ms) => (now = START + ms),
    async scheduler(verbs = {}) {
      const store = new Store(decorate(adapter, verbs));
      await store.open();
      const errors: unknown[] = [];
      const scheduler = new Scheduler({
        store,
        wakeups: new Wakeups(store),
        holder: "a process",
        onError: (error) => errors.push(error),
      });
      return { look: () => scheduler.look(), errors };
    },
    added: async () => (await queue.list({})).items.map(({ id }) => id.slice(id.indexOf(":") + 1)),
    finish: (id, state = "completed") => queue.cas([{ id, expect: { state: "waiting" }, set: { state } }]),
  };
}

/** The id of the tick's job, without its lane. */
export function job(name: string, ms: number): string {
  return `${name}@${new Date(START + ms).toISOString()}`;
}
