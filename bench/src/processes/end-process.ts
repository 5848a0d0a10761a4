import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Ends a process, whatever it is doing, and waits until it is gone. */
export async function endProcess(process: ChildProcess): Promise<void> {
  if (hasEnded(process)) return;
  const ended = once(process, "exit");
  process.kill("SIGKILL");
  await ended;
}
