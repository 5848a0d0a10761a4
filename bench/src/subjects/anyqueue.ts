import { type Adapter, createAdapter, openQueue } from "@anyqueue/api";
import type { Durability } from "../measurement.ts";
import { serverUrl } from "../servers/postgres.ts";
import type { Subject } from "../subject.ts";
import { at } from "./place.ts";
import { BEST, queueSession } from "./queue-session.ts";

/** A backend of ours, where its stores are, and what its modes are worth. */
interface Backend {
  readonly floor: string;
  /** What an acknowledged job survives, by the mode that is named in the configuration. */
  readonly durability: Readonly<Record<string, Durability>>;
  /** Undefined where a store is its process's own. */
  readonly place?: "file" | "schema";
  readonly server?: "postgres";
  readonly url: (address: string, mode: string, connections?: number) => string;
}

const backends = {
  memory: {
    floor: "floor memory",
    durability: { "": "none" },
    url: () => "memory:",
  },
  sqlite: {
    floor: "floor sqlite",
    durability: { full: "power-loss", normal: "crash" },
    place: "file",
    url: (address, mode) => `sqlite:${encodeURIComponent(address)}?durability=${mode}`,
  },
  postgres: {
    floor: "floor postgres merged",
    durability: { on: "power-loss", off: "crash" },
    place: "schema",
    server: "postgres",
    url: (schema, durability, connections = 50) => serverUrl({ schema, durability, connections: String(connections) }),
  },
} satisfies Record<string, Backend>;

/**
 * One of our backends. Fencing tokens, heartbeats, retries and error capture are on, as always. What has completed is kept
 * for a day; `keepsNone`, named `unkept`, removes it at once, as queues of others do.
 */
export function anyqueue(name: keyof typeof backends, mode = "", { keepsNone = false } = {}): Subject {
  const { floor, durability, place, server, url }: Backend = backends[name];
  const named = (title: string): string => [title, mode.toUpperCase()].filter(Boolean).join(" ");
  const connect = async (address: string, isNew: boolean) => {
    const queue = await openQueue(url(address, mode));
    if (keepsNone && isNew) await queue.lane("default").configure({ keep: { completed: false } });
    return queueSession(queue);
  };
  return {
    name: named(`anyqueue ${name}`) + (keepsNone ? " unkept" : ""),
    durability: durability[mode] ?? "none",
    batching: "adds merged, claims ahead",
    floor: named(floor),
    configuration: `a worker of concurrency ${BEST.concurrency}${keepsNone ? "; completed jobs are removed" : ""}`,
    ...(server && { server }),
    hasDelays: true,
    isVariant: keepsNone || durability[mode] === "crash",
    ...(place ? at(place, connect) : { open: () => connect("", true) }),
    adapter: async (address, connections) => {
      const adapter = await createAdapter(url(address, mode, connections));
      await adapter.open();
      return adapter as Adapter;
    },
  };
}
