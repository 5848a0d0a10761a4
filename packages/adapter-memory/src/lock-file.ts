import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { QueueError } from "@anyqueue/api";

/** What this process holds; a lock with its number that is not among them is left over from an earlier life. */
const held = new Set<string>();

/**
 * Makes this process the only one of this machine that uses a file, by a lock file with the process's number. One left by
 * a process that is no more is taken over. Answers a function that gives the lock up.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = resolve(`${path}.lock`);
  while (!(await create(lock))) await clear(lock, path);
  held.add(lock);
  return async () => {
    held.delete(lock);
    await rm(lock, { force: true });
  };
}

async function create(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Moves away a lock whose owner is no more; refuses if it lives. */
async function clear(lock: string, path: string): Promise<void> {
  const owner = await ownerOf(lock);
  if (owner === undefined) return;
  if (isAlive(owner, lock)) throw inUse(path, lock, owner);
  // Somebody else may take it over at this moment too. What was moved tells whether it was still the dead one's.
  const moved = `${lock}.${randomUUID()}`;
  await rename(lock, moved).catch(ignoreMissing);
  const was = await ownerOf(moved);
  if (was !== undefined && was !== owner) await rename(moved, lock);
  else await rm(moved, { force: true });
}

async function ownerOf(lock: string): Promise<string | undefined> {
  const text = await readFile(lock, "utf8").catch(ignoreMissing);
  return text ?? undefined;
}

function isAlive(owner: string, lock: string): boolean {
  const pid = Number(owner);
  if (pid === process.pid) return held.has(lock);
  // A lock without a number is being written just now.
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

function inUse(path: string, lock: string, owner: string): QueueError {
  return new QueueError(
    "UNAVAILABLE",
    `Cannot use the snapshot "${path}": process ${owner || "(unknown)"} uses it. A memory store belongs to one process; ` +
      `close the other one or choose another path. If there is no such process, remove "${lock}".`,
  );
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
