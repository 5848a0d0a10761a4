import { randomUUID } from "node:crypto";
import { type Payload, payloadOf, payloadsOf } from "../jobs.ts";
import { load, type Package } from "../on-demand.ts";
import { redisUrl } from "../servers/redis.ts";
import type { Ran, Session, Subject } from "../subject.ts";
import { drainByWorker } from "./drain-by-worker.ts";
import { at } from "./place.ts";

const PACKAGE: Package = { name: "@platformatic/job-queue", version: "0.5.0", beside: { iovalkey: "0.4.0" } };
// https://github.com/platformatic/job-queue#configuration; 10 is slower on Redis, 200 no faster.
const BEST = { concurrency: 50 };

interface Queue {
  start(): Promise<void>;
  stop(): Promise<void>;
  execute(handler: (job: { payload: Payload }) => Promise<null>): void;
  enqueue(id: string, payload: object): Promise<unknown>;
  on(event: "completed" | "error", listener: () => void): void;
}
interface Platformatic {
  Queue: new (options: object) => Queue;
  MemoryStorage: new () => object;
  RedisStorage: new (options: object) => object;
}

const stores = {
  memory: {
    durability: "none",
    floor: "floor memory",
    open: async () => {
      const { MemoryStorage } = await load<Platformatic>(PACKAGE);
      const storage = new MemoryStorage();
      return connect(() => storage);
    },
  },
  redis: {
    server: "redis",
    durability: "crash",
    floor: "floor redis",
    // Nothing tells how many jobs wait, so who drains must have added them.
    open: at("prefix", async (prefix) => {
      const { RedisStorage } = await load<Platformatic>(PACKAGE);
      return connect(() => new RedisStorage({ url: redisUrl(), keyPrefix: `${prefix}:` }));
    }).open,
  },
} as const;

/** Platformatic's job queue: keeps what jobs returned for an hour, has no call for many. */
export function platformatic(store: keyof typeof stores): Subject {
  return {
    name: `platformatic ${store}`,
    kind: "other",
    batching: store === "redis" ? "adds pipelined" : "none",
    configuration: JSON.stringify(BEST),
    hasPriorities: false,
    hasBulk: false,
    library: PACKAGE,
    ...stores[store],
  };
}

async function connect(storage: () => object): Promise<Session> {
  const { Queue } = await load<Platformatic>(PACKAGE);
  let left = 0;
  const open = async (options: object, ran?: Ran): Promise<Queue> => {
    const queue = new Queue({ storage: storage(), ...options });
    queue.on("error", () => undefined);
    queue.on("completed", () => void left--);
    if (ran) {
      queue.execute(async ({ payload }) => {
        ran(payload.n);
        // It takes a result that is no JSON, as `undefined`, for a failure.
        return null;
      });
    }
    await queue.start();
    return queue;
  };
  const producer = await open({});
  // An id that is known is not added again.
  const add = (payload: Payload): Promise<unknown> => {
    left++;
    return producer.enqueue(randomUUID(), payload);
  };
  const begin = async (ran: Ran, concurrency = BEST.concurrency) => {
    const worker = await open({ concurrency }, ran);
    return () => worker.stop();
  };
  return {
    add: (n, padding) => add(payloadOf(n, padding)),
    addMany: (count, options) => Promise.all(payloadsOf(count, options).map(add)),
    drain: (ran, concurrency) =>
      drainByWorker(
        (counted) => begin(counted, concurrency),
        async () => left,
        ran,
      ),
    work: (ran) => begin(ran),
    close: () => producer.stop(),
  };
}
