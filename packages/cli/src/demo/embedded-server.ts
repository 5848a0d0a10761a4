import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendChoice } from "../backend.ts";
import { CommandError } from "../failure.ts";
import { findPostgresPrograms, type PostgresPrograms } from "./postgres-programs.ts";

/** Any of them names a server, or something of it, to the driver. */
const NAMING = ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"];

/** True for `postgres:` by itself, where the environment names no server either. */
export function namesNoServer(backend: BackendChoice | undefined): backend is string {
  const isBare = typeof backend === "string" && /^postgres(ql)?:(\/\/)?(\?.*)?$/i.test(backend);
  return isBare && !NAMING.some((name) => process.env[name]);
}

/** A Postgres server on loopback that lives as long as the demo, in a temporary folder. */
export class EmbeddedServer {
  #url = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "anyqueue-demo-"));
  readonly #programs: PostgresPrograms;
  #server: ChildProcess | undefined;
  readonly #guard: ChildProcess | undefined;
  /** For a second Ctrl-C, which ends everything at once. */
  readonly #end = (): void => this.#endAtOnce();

  static async start(): Promise<EmbeddedServer> {
    const server = new EmbeddedServer();
    try {
      await server.#start();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor() {
    process.once("exit", this.#end);
    this.#guard = watchOver(this.#folder);
    try {
      this.#programs = findPostgresPrograms(this.#folder);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** With its password, which nobody else knows. */
  get url(): string {
    return this.#url;
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, "exit");
      server.kill("SIGQUIT");
      await ended;
    }
    this.#server = undefined;
    process.off("exit", this.#end);
    this.#endAtOnce();
  }

  async #start(): Promise<void> {
    const { owner } = this.#programs;
    if (owner) chownSync(this.#folder, owner.uid, owner.gid);
    const password = randomBytes(18).toString("base64url");
    const passwordFile = join(this.#folder, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner) chownSync(passwordFile, owner.uid, owner.gid);
    const data = join(this.#folder, "data");
    const flags = [
      "--username=anyqueue",
      "--auth=scram-sha-256",
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--locale=C",
    ];
    const initdb = this.#spawn("initdb", [`--pgdata=${data}`, ...flags]);
    await heard(initdb, undefined);

    const port = await freePort();
    const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories="];
    this.#server = this.#spawn("postgres", ["-D", data, ...settings.flatMap((setting) => ["-c", setting])]);
    await heard(this.#server, /ready to accept connections/);
    this.#url = `postgres://anyqueue:${password}@127.0.0.1:${port}/postgres`;
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn(join(this.#programs.folder, program), args, {
      ...this.#programs.owner,
      cwd: this.#folder,
      env: { ...withoutPostgres(process.env), LC_ALL: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      // In a group of its own: Ctrl-C is for the demo, whose workers still need the server to stop in good order.
      detached: process.platform !== "win32",
    });
  }

  #endAtOnce(): void {
    this.#server?.kill("SIGQUIT");
    this.#guard?.stdin?.end("ended\n");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Its input ends without a word when this process was killed; then it ends the server in our place and tidies up. */
function watchOver(folder: string): ChildProcess | undefined {
  if (process.platform === "win32") return undefined;
  const script =
    'read -r word; [ "$word" = ended ] && exit; kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"; sleep 2; rm -rf "$1"';
  const guard = spawn("sh", ["-c", script, "guard", folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  return guard;
}

/** Resolves when a program has said something, or ended well if nothing is waited for. @throws CommandError if it fails. */
async function heard(program: ChildProcess, words: RegExp | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let log = "";
    const hear = (text: Buffer): void => {
      // Read to the end of its life, or it would wait for room in the pipe.
      log = (log + text.toString()).slice(-2000);
      if (words?.test(log)) resolve();
    };
    program.stdout?.on("data", hear);
    program.stderr?.on("data", hear);
    program.once("error", reject);
    program.once("close", (code) => {
      if (code === 0 && words === undefined) return resolve();
      const lines = log.trim().split("\n");
      const reason = lines.find((line) => /error:|FATAL:/.test(line)) ?? lines.at(-1) ?? "";
      reject(new CommandError("UNAVAILABLE", `The embedded Postgres server did not start: ${reason}`));
    });
  });
}

/** What the environment says to Postgres is meant for other servers. */
function withoutPostgres(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PG")));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("The system named no port.");
  return address.port;
}
