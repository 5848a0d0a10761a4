import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePort } from "../own-server.ts";
import { serverUrl } from "../server.ts";

/** Why there is no PgBouncer to test with; undefined where there is one. */
export const noPgBouncer =
  spawnSync("pgbouncer", ["--version"]).status === 0 ? undefined : "there is no pgbouncer in the PATH";

/** The URL of a PgBouncer before the server of this run, ended when the test is over. */
export async function startPgBouncer(mode: "transaction" | "session"): Promise<string> {
  const pooler = await PgBouncer.start(mode);
  onTestFinished(() => pooler.stop());
  return pooler.url;
}

/** A PgBouncer before the server of this run. */
export class PgBouncer {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  /** One that shares so many connections of the server among all who connect to it. */
  static async start(mode: "transaction" | "session", connections = 20): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(await serverUrl());
    const database = pathname.slice(1) || username;
    const folder = mkdtempSync(join(tmpdir(), "anyqueue-pgbouncer-"));
    const own = await freePort();
    const users = join(folder, "users.txt");
    const config = join(folder, "pgbouncer.ini");
    writeFileSync(users, `"${username}" "${password}"\n`);
    writeFileSync(
      config,
      `[databases]
* = host=${hostname} port=${port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${connections}
ignore_startup_parameters = extra_float_digits
`,
    );
    // It refuses to run as root.
    const owner = process.getuid?.() === 0 ? idsOf("postgres") : undefined;
    if (owner) for (const path of [folder, users, config]) chownSync(path, owner.uid, owner.gid);
    chmodSync(users, 0o600);
    const pooler = spawn("pgbouncer", [config], { ...owner, stdio: ["ignore", "ignore", "pipe"] });
    await ready(pooler);
    return new PgBouncer(`postgres://${username}@127.0.0.1:${own}/${database}`, pooler, folder);
  }

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    await end(this.#process);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function ready(pooler: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let log = "";
    pooler.stderr?.on("data", (text: Buffer) => {
      log += text.toString();
      if (log.includes("process up")) resolve();
    });
    pooler.once("exit", () => reject(new Error(`pgbouncer did not start:\n${log}`)));
    pooler.once("error", reject);
  });
}

async function end(pooler: ChildProcess): Promise<void> {
  if (pooler.exitCode !== null || pooler.signalCode !== null) return;
  pooler.kill("SIGKILL");
  await once(pooler, "exit");
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, user]).stdout.toString()));
  return { uid, gid };
}
