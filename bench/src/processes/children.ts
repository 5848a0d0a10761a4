import { type ChildProcess, fork, type ForkOptions } from "node:child_process";

const running = new Set<ChildProcess>();

/**
 * Starts a program in a process of its own, which ends with this one. Ctrl-C does not reach it, since that is for this
 * process, which lets the step under way end.
 */
export function startProcess(program: string, args: readonly string[], options: ForkOptions = {}): ChildProcess {
  const child = fork(program, args, { serialization: "advanced", detached: true, ...options });
  running.add(child);
  child.once("exit", () => running.delete(child));
  // An order that comes too late; that the process has ended is told by its exit.
  return child.on("error", () => undefined);
}

/** In what way a process has ended; undefined while it runs. */
export function endOf({ exitCode, signalCode }: ChildProcess): string | undefined {
  return signalCode ?? (exitCode === null ? undefined : `exit code ${exitCode}`);
}

/** Resolves when a process has ended, in whatever way. */
export async function untilGone(child: ChildProcess): Promise<void> {
  if (endOf(child) === undefined) await new Promise((resolve) => child.once("exit", resolve));
}

/** Ends a process, whatever it is doing, and waits until it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await untilGone(child);
}

/** Ends all that there are. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map(endProcess));
}
