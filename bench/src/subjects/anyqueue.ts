import { join as joinPath } from "node:path";
import { type Adapter, createAdapter, openQueue } from "@anyqueue/api";
import type { Durability } from "../measurement.ts";
import type { Session, Subject } from "../subject.ts";
import { dropSchema, newSchema, postgresHindrance, serverUrl } from "./postgres-schema.ts";
import { BEST, queueSession } from "./queue-session.ts";
import { scratch } from "./scratch.ts";

/** A backend of ours, where its stores are, and what its modes are worth. */
interface Backend {
  readonly floor: string;
  /** What an acknowledged job survives, by the mode that is named in the configuration. */
  readonly durability: Readonly<Record<string, Durability>>;
  readonly isShared: boolean;
  readonly server?: "postgres";
  readonly hindrance?: () => Promise<string | undefined>;
  place(): Promise<{ readonly address: string; remove(): Promise<void> }>;
  url(address: string, mode: string, connections?: number): string;
}

const backends = {
  memory: {
    floor: "floor memory",
    durability: { "": "none" },
    isShared: false,
    place: async () => ({ address: "", remove: async () => undefined }),
    url: () => "memory:",
  },
  sqlite: {
    floor: "floor sqlite",
    durability: { full: "power-loss", normal: "crash" },
    isShared: true,
    place: async () => {
      const folder = await scratch();
      return { address: joinPath(folder.path, "queue.db"), remove: () => folder.remove() };
    },
    url: (address, mode) => `sqlite:${encodeURIComponent(address)}?durability=${mode}`,
  },
  postgres: {
    floor: "floor postgres merged",
    durability: { on: "power-loss", off: "crash" },
    isShared: true,
    server: "postgres",
    hindrance: async () => (await postgresHindrance()) ?? (await missingAdapter()),
    place: async () => {
      const address = newSchema();
      return { address, remove: () => dropSchema(address) };
    },
    url: (schema, durability, connections = 50) => serverUrl({ schema, durability, connections: String(connections) }),
  },
} satisfies Record<string, Backend>;

/** One of our backends. Fencing tokens, heartbeats, retries and error capture are on, as always. */
export function anyqueue(name: keyof typeof backends, mode = ""): Subject {
  const backend: Backend = backends[name];
  const join = (address: string): Promise<Session> => connect(backend.url(address, mode), address);
  return {
    name: ["anyqueue", name, mode.toUpperCase()].filter(Boolean).join(" "),
    durability: backend.durability[mode] ?? "none",
    batching: "adds merged, claims ahead",
    floor: [backend.floor, mode.toUpperCase()].filter(Boolean).join(" "),
    configuration: `a worker of concurrency ${BEST.concurrency}`,
    ...(backend.server && { server: backend.server }),
    ...(backend.hindrance && { hindrance: backend.hindrance }),
    ...(backend.isShared && { join }),
    hasDelays: true,
    open: async () => {
      const place = await backend.place();
      const session = await join(place.address);
      return { ...session, close: () => session.close().then(() => place.remove()) };
    },
    adapter: async (address, connections) => {
      const adapter = await createAdapter(backend.url(address, mode, connections));
      await adapter.open();
      return adapter as Adapter;
    },
  };
}

async function missingAdapter(): Promise<string | undefined> {
  const found: object = await import("@anyqueue/adapter-postgres");
  return "backend" in found ? undefined : "@anyqueue/adapter-postgres is not there yet";
}

async function connect(url: string, address: string): Promise<Session> {
  return queueSession(await openQueue(url), address);
}
