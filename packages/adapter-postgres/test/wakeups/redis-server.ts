import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { freePort } from "../own-server.ts";

/** Why no Redis server can be started; undefined where one can. */
export const noRedisServer =
  spawnSync("redis-server", ["--version"]).status === 0 ? undefined : "there is no redis-server in the PATH";

const named = process.env["ANYQUEUE_TEST_REDIS_URL"];

/** Why there is no Redis to test with; undefined where there is one. */
export const noRedis = named ? undefined : noRedisServer && `${noRedisServer}, and no ANYQUEUE_TEST_REDIS_URL`;

/** The URL of a Redis server: the one that `ANYQUEUE_TEST_REDIS_URL` names, or else one for this test. */
export async function redisUrl(): Promise<string> {
  return named || (await RedisServer.start()).url;
}

/** A Redis server on a port of its own, which its test may stop and start again; it keeps nothing. */
export class RedisServer {
  readonly port: number;
  #process: ChildProcess | undefined;

  /** A place for one that is not running. It is ended when the test is over. */
  static async reserve(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    onTestFinished(() => server.kill());
    return server;
  }

  static async start(): Promise<RedisServer> {
    const server = await RedisServer.reserve();
    await server.start();
    return server;
  }

  private constructor(port: number) {
    this.port = port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(...more: readonly string[]): Promise<void> {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...more];
    const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      let log = "";
      server.stdout.on("data", (text: Buffer) => {
        log += text.toString();
        if (log.includes("eady to accept connections")) resolve();
      });
      server.once("exit", () => reject(new Error(`redis-server did not start:\n${log}`)));
      server.once("error", reject);
    });
  }

  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }
}
