import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import "../src/backends.ts";
import { type AddRequest, type Catalog, type Job, openQueue, type Queue } from "@anyqueue/api";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly url?: string;
  readonly input?: string | Buffer;
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file for standard output, as the shell's `>` makes it; then nothing of it is told at the end. */
  readonly stdout?: string;
}

/** Where Node.js keeps what it compiled, so that only the first of many commands has to strip types. */
const COMPILE_CACHE = join(tmpdir(), "node-compile-cache");

/** Starts the command line from source, as a user would start it, in a process of its own. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess & { ended: Promise<Ended> } {
  const { cwd = tmpdir(), url, input, nodeOptions = [], env = {} } = options;
  const output = options.stdout === undefined ? "pipe" : openSync(options.stdout, "w");
  const { ANYQUEUE_URL: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--conditions=@anyqueue/source", ...nodeOptions, MAIN, ...args], {
    cwd,
    stdio: ["pipe", output, "pipe"],
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...inherited, ...env, ...(url !== undefined && { ANYQUEUE_URL: url }) },
  });
  if (typeof output === "number") closeSync(output);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin?.on("error", () => undefined).end(input ?? "");
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return Object.assign(child, { ended });
}

/** Runs a command to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** Runs a command with `--json` and reads its one value. */
export async function json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
  const { stdout } = await run([...args, "--json"], options);
  return JSON.parse(stdout) as T;
}

/** Every job of a store in the order of insertion, read in this process because that is much faster than a command. */
export async function jobsIn(url: string): Promise<readonly Job[]> {
  await using queue: Queue = await openQueue(url);
  return (await queue.list({})).items;
}

/** Adds jobs to a store in this process, where the command `add` is not what is tried. */
export async function addTo(url: string, ...jobs: AddRequest<Catalog, string>[]): Promise<void> {
  await using queue: Queue = await openQueue(url);
  await queue.addMany(jobs);
}

/** Resolves when a process has said something. */
export async function says(child: ChildProcess, text: string): Promise<void> {
  let heard = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: string): void => {
      heard += chunk;
      if (heard.includes(text)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("close", () => reject(new Error(`It ended without saying ${text}:\n${heard}`)));
  });
}

/** A folder of the test's own. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "anyqueue-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
