import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Adapter, isQueueError } from "@anyqueue/api";
import { NaiveAdapter, NaiveStore } from "./naive-adapter.ts";
import type { Call, Reply } from "./remote-adapter.ts";

/** A naive store to which other processes connect; what was answered to them outlives them. */
export class NaiveServer {
  readonly #store = new NaiveStore();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Begins to serve an empty store, on a port of the loopback interface. */
  static async start(): Promise<NaiveServer> {
    const started = new NaiveServer();
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    const adapter = new NaiveAdapter(this.#store);
    const say = (reply: Reply) => void (socket.writable && socket.write(`${JSON.stringify(reply)}\n`));
    this.#sockets.add(socket.setNoDelay());
    // A client that is killed leaves its connection in whatever way its system chooses.
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#sockets.delete(socket);
      void adapter.close();
    });
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => void answer(adapter as Adapter, JSON.parse(line) as Call, say));
    // What is wrong with its input, a reader of lines tells too.
    lines.on("error", () => {});
  }
}

async function answer(adapter: Adapter, { call, verb, args }: Call, say: (reply: Reply) => void): Promise<void> {
  try {
    if (verb === "subscribe") {
      await adapter.subscribe((hint) => say({ hint }));
      return say({ call, answer: null });
    }
    const verbs = adapter as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>;
    say({ call, answer: (await verbs[verb]?.call(adapter, ...args)) ?? null });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say({ call, error: message, code: isQueueError(error) ? error.code : null });
  }
}
