import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The next message of a process. @throws Error if it ends without one. */
export async function reply<T>(process: ChildProcess): Promise<T> {
  const ended = once(process, "exit").then(() => Promise.reject(new Error("A process ended by itself.")));
  const [message] = (await Promise.race([once(process, "message"), ended])) as [T];
  ended.catch(() => undefined);
  return message;
}
