// Runs a Postgres server for as long as its standard input is open: when the benchmark ends, in whatever way, the server
// is stopped and its folder removed. Prints the port when the server has begun to listen.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { appendFile, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { systemUser } from "./system-user.ts";

const { PROGRAMS: programs = "", PASSWORD: password = "" } = process.env;

// Ctrl-C reaches the whole group; the end of the input is what counts.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
let isOver = false;
const over = new Promise<void>((resolve) => {
  process.stdin
    .on("error", () => undefined)
    .once("close", resolve)
    .resume();
}).then(() => (isOver = true));

const folder = await mkdtemp(join(tmpdir(), "anyqueue-bench-postgres-"));
const data = join(folder, "data");
const log = join(folder, "log");
const user = await systemUser();
let server: ChildProcess | undefined;
try {
  const port = await freePort();
  await initialise(port);
  server = start("postgres", ["-D", data]);
  const ended = once(server, "exit");
  if (!isOver) process.stdout.write(`${port}\n`);
  await Promise.race([over, ended]);
  // Whatever is in it is thrown away, so it need not be written down in order.
  if (server.exitCode === null && server.signalCode === null) server.kill("SIGQUIT");
  await ended;
  if (!isOver) process.stderr.write(`Postgres ended by itself:\n${(await readFile(log, "utf8")).slice(-2000)}`);
} finally {
  process.stdin.destroy();
  await rm(folder, { recursive: true, force: true });
}

async function initialise(port: number): Promise<void> {
  const secret = join(folder, "password");
  await writeFile(secret, password);
  if (user) for (const path of [folder, secret]) await chown(path, user.uid, user.gid);
  const account = ["--username=anyqueue", "--auth=scram-sha-256", `--pwfile=${secret}`];
  const initdb = start("initdb", ["-D", data, ...account, "--encoding=UTF8", "--locale=C", "--no-sync"]);
  const [code] = (await once(initdb, "exit")) as [number | null];
  if (code !== 0) throw new Error(`initdb failed:\n${await readFile(log, "utf8")}`);
  // Not on the command line, whose settings could not be changed while the server runs.
  await appendFile(join(data, "postgresql.conf"), settings(port));
}

/** Durable, as a server in production is; roomy enough that checkpoints do not fall into a measurement. */
function settings(port: number): string {
  const countsStatements = ["lib", "lib/postgresql"].some((lib) =>
    existsSync(join(programs, "..", lib, "pg_stat_statements.so")),
  );
  const values: Readonly<Record<string, string | number>> = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "on",
    synchronous_commit: "on",
    shared_buffers: "512MB",
    max_wal_size: "4GB",
    checkpoint_timeout: "30min",
    max_connections: 800,
    // Switched on only while statements are counted, since counting costs a little.
    ...(countsStatements && { shared_preload_libraries: "pg_stat_statements", "pg_stat_statements.track": "none" }),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}

function start(program: string, args: readonly string[]): ChildProcess {
  const output = openSync(log, "a");
  return spawn(join(programs, program), args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", output, output],
    env: { LC_ALL: "C", TZ: "UTC", PATH: process.env["PATH"] ?? "" },
    ...user,
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
