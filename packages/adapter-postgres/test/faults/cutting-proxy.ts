import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { changedUrl } from "../connections.ts";
import { serverUrl } from "../server.ts";

/** What is to be cut next, and whom to tell. */
interface Order {
  readonly mention: string;
  readonly at: "request" | "reply";
  readonly done: () => void;
}

/** How a server says that it has done everything it was asked for, and that no transaction is open. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** How a server ends a connection at its administrator's word. */
const ENDED = fatal("57P01", "terminating connection due to administrator command");

/** Stands between clients and the server of this run, and cuts their connections at just the wrong moment. */
export class CuttingProxy {
  /** Of the server, by way of the proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #orders: Order[] = [];
  #farewells = 0;

  /** One that is closed when the test is over. */
  static async start(): Promise<CuttingProxy> {
    const target = Number(new URL(await serverUrl()).port || 5432);
    const server = createServer({ noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
    const url = await changedUrl((it) => {
      it.hostname = "127.0.0.1";
      it.port = String(address.port);
    });
    const proxy = new CuttingProxy(server, target, url);
    onTestFinished(() => proxy.#close());
    return proxy;
  }

  private constructor(server: Server, target: number, url: string) {
    this.#server = server;
    this.url = url;
    server.on("connection", (near: Socket) => this.#join(near, connect(target, "127.0.0.1")));
  }

  /**
   * Cuts the connection over which the next statement that mentions this text goes, once the server has committed and
   * answered, and before any of it reaches the client. Resolves then.
   */
  cutReply(mention: string): Promise<void> {
    return this.#order(mention, "reply");
  }

  /** The same, before any of the statement reaches the server. */
  cutRequest(mention: string): Promise<void> {
    return this.#order(mention, "request");
  }

  /** Ends the next connections in the same breath in which the server accepts them. */
  endNext(count: number): void {
    this.#farewells = count;
  }

  #order(mention: string, at: Order["at"]): Promise<void> {
    return new Promise((done) => this.#orders.push({ mention, at, done }));
  }

  #join(near: Socket, far: Socket): void {
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    let isAccepted = false;
    let order: Order | undefined;
    near.on("data", (chunk) => {
      const n = order === undefined ? this.#orders.findIndex(({ mention }) => chunk.includes(mention)) : -1;
      if (n >= 0) [order] = this.#orders.splice(n, 1);
      if (order?.at === "request") {
        cut();
        order.done();
      } else {
        far.write(chunk);
      }
    });
    far.on("data", (chunk) => {
      const isReady = chunk.subarray(-READY.length).equals(READY);
      const isFirst = isReady && !isAccepted;
      isAccepted ||= isReady;
      if (isFirst && this.#farewells > 0) {
        this.#farewells--;
        near.end(Buffer.concat([chunk, ENDED]));
        far.destroy();
      } else if (order === undefined) {
        near.write(chunk);
      } else if (isReady) {
        cut();
        order.done();
      }
    });
  }

  async #close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }
}

function fatal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
