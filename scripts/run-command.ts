import { spawn } from "node:child_process";

/** How a command ended, and if badly, why. */
export type Outcome = { readonly status: "ok" } | { readonly status: "failed"; readonly reason: string };

/**
 * Runs a command with this terminal's output and waits for its end. A command still running after `timeoutMs`
 * milliseconds is killed and counts as failed.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs?: number; readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      killSignal: "SIGKILL",
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    child.on("error", (error) => resolve({ status: "failed", reason: error.message }));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve({ status: "ok" });
      const timedOut = signal === "SIGKILL" && options.timeoutMs !== undefined;
      const reason = timedOut ? `still running after ${options.timeoutMs} ms` : `exit ${code ?? signal}`;
      return resolve({ status: "failed", reason });
    });
  });
}
