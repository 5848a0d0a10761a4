import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findPrograms, type Programs } from "./programs.ts";

/** How to set up a server of one's own. */
export interface OwnServerOptions {
  /** The folder of the PostgreSQL programs; absent, those of this run (`findPrograms`). */
  readonly programs?: string;
  /** Server settings on top of those for tests, such as `{ fsync: "on", max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  // The files go with the test, so a power failure cannot matter.
  fsync: "off",
  full_page_writes: "off",
};

/** Who may come in: the superuser as he is, so that tests connect quickly; everybody else with a password. */
const ACCESS = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

/**
 * A Postgres server on loopback, with files and a port of its own, which its user may stop, crash and start again. Its
 * files are removed when it is disposed of, also if this process is killed.
 */
export class OwnServer {
  /** Of the superuser, in the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #guard: ChildProcess | undefined;

  /** A new server that is accepting connections. */
  static async start({ programs, settings }: OwnServerOptions = {}): Promise<OwnServer> {
    const port = await freePort();
    const server = new OwnServer(findPrograms(programs), port, { ...SETTINGS, ...settings });
    try {
      await server.#initialise();
      await server.start();
      return server;
    } catch (error) {
      await server.dispose();
      throw error;
    }
  }

  private constructor(programs: Programs, port: number, settings: Readonly<Record<string, string>>) {
    this.#programs = programs;
    this.port = port;
    this.#settings = { ...settings, port: String(port) };
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    this.#folder = mkdtempSync(join(tmpdir(), "anyqueue-postgres-"));
    if (programs.owner) chownSync(this.#folder, programs.owner.uid, programs.owner.gid);
  }

  /** Starts it, on the same files and port, and waits until it accepts connections. */
  async start(): Promise<void> {
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = this.#spawn("postgres", ["-D", this.data, ...settings]);
    this.#process = server;
    this.#guard = this.#watch(server);
    await new Promise<void>((resolve, reject) => {
      let log = "";
      server.stderr?.on("data", (text: Buffer) => {
        // Read to the end of its life, or the server would wait for room in the pipe.
        log = (log + text.toString()).slice(-4000);
        if (/ready to accept (read-only )?connections/.test(log)) resolve();
      });
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`The Postgres server did not start:\n${log}`)));
    });
  }

  /**
   * Ends it and waits for that: `fast` ends sessions in good order, `immediate` leaves as in a crash, to be recovered from
   * at the next start.
   */
  async stop(mode: "fast" | "immediate" = "fast"): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, "exit");
      server.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
      await ended;
    }
    this.#guard?.stdin?.end("ended\n");
    this.#guard = undefined;
  }

  /** Stops it and starts it again. */
  async restart(mode: "fast" | "immediate" = "fast"): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Ends it and removes its files. */
  async dispose(): Promise<void> {
    await this.stop("immediate");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The folder of its files. */
  get data(): string {
    return join(this.#folder, "data");
  }

  async #initialise(): Promise<void> {
    const names = ["--username=postgres", "--encoding=UTF8", "--locale=C"];
    // Not the order of code points, so that SQL which leans on the server's order is found out.
    const order = ["--locale-provider=icu", "--icu-locale=en-US"];
    const initdb = this.#spawn("initdb", ["-D", this.data, "--no-sync", "--auth=trust", ...names, ...order]);
    let log = "";
    for (const stream of [initdb.stdout, initdb.stderr]) stream?.on("data", (text: Buffer) => (log += text.toString()));
    const [code] = (await once(initdb, "close")) as [number | null];
    if (code !== 0) throw new Error(`initdb failed:\n${log}`);
    writeFileSync(join(this.data, "pg_hba.conf"), ACCESS);
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn(join(this.#programs.folder, program), args, {
      ...this.#programs.owner,
      cwd: this.#folder,
      env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Its input ends without a word when this process is gone; then it ends the server in our place. */
  #watch(server: ChildProcess): ChildProcess | undefined {
    if (process.platform === "win32") return undefined;
    const script = 'read -r word; [ "$word" = ended ] && exit; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
    const args = ["-c", script, "guard", String(server.pid), this.#folder];
    const guard = spawn("sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    guard.unref();
    return guard;
  }
}

/** A port of loopback at which nobody listens. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("The system named no port.");
  return address.port;
}
