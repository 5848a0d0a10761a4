// Runs a server for as long as its standard input is open: when the benchmark ends, in whatever way, the server is
// stopped and its folder removed. Prints the port on which the server is going to listen.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresRecipe } from "./postgres-recipe.ts";
import type { Recipe } from "./recipe.ts";
import { redisRecipe } from "./redis-recipe.ts";

const recipes: Readonly<Record<string, Recipe>> = { postgres: postgresRecipe, redis: redisRecipe };
const { SERVER: name = "", PROGRAMS: programs = "", PASSWORD: password = "" } = process.env;
const recipe = recipes[name];
if (recipe === undefined) throw new Error(`There is no server ${name}.`);

// Ctrl-C reaches the whole group; the end of the input is what counts.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
let isOver = false;
const over = new Promise<void>((resolve) => {
  process.stdin
    .on("error", () => undefined)
    .once("close", resolve)
    .resume();
}).then(() => (isOver = true));

const folder = await mkdtemp(join(tmpdir(), `anyqueue-bench-${name}-`));
const log = join(folder, "log");
const user = await recipe.user?.();
try {
  const port = await freePort();
  await recipe.prepare({ folder, port, password, programs, user, run });
  const server = start(...recipe.command({ folder }));
  const ended = once(server, "exit");
  if (!isOver) process.stdout.write(`${port}\n`);
  await Promise.race([over, ended]);
  // Whatever is in it is thrown away, so it need not be written down in order.
  if (server.exitCode === null && server.signalCode === null) server.kill(recipe.end);
  await ended;
  if (!isOver) process.stderr.write(`${name} ended by itself:\n${await lastWords()}`);
} finally {
  process.stdin.destroy();
  await rm(folder, { recursive: true, force: true });
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = (await once(start(program, args), "exit")) as [number | null];
  if (code !== 0) throw new Error(`${program} failed:\n${await readFile(log, "utf8")}`);
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

/** The end of the log, before which a server of ours tells how it was made. */
async function lastWords(): Promise<string> {
  return (await readFile(log, "utf8")).split("\n").slice(-10).join("\n");
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
