import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { programBeside } from "../program-beside.ts";

/** A server of the benchmark's own, on loopback. */
export interface Kept {
  readonly port: number;
  readonly password: string;
  readonly stop: () => Promise<void>;
}

/** Starts a server that ends with this process, however that ends. It may need a moment until it answers. */
export async function keep(server: "postgres" | "redis", programs: string): Promise<Kept> {
  const password = randomBytes(12).toString("hex");
  const keeper = spawn(process.execPath, [programBeside("keeper", import.meta.url)], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, SERVER: server, PROGRAMS: programs, PASSWORD: password },
  });
  const ended = once(keeper, "exit");
  const [port] = (await Promise.race([
    once(createInterface(keeper.stdout), "line"),
    ended.then(() => Promise.reject(new Error(`The ${server} server could not be started.`))),
  ])) as [string];
  return {
    port: Number(port),
    password,
    stop: async () => {
      keeper.stdin.end();
      await ended;
    },
  };
}
