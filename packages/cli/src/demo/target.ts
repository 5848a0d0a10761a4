import { constants, fstatSync, type Stats } from "node:fs";
import { access, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../failure.ts";

/** Where the sums go, symbolic links resolved. */
export interface Target {
  readonly path: string;
  /**
   * `replace`: a regular file, or none yet. `stdout`, `stderr`: what this process writes to anyway, whose other text
   * must not be written over. `open`: a device, pipe or socket, which stays what it is.
   */
  readonly by: "replace" | "stdout" | "stderr" | "open";
}

/** Finds out what `--out` names, before the work and not after it. @throws UsageError if nothing can be written there. */
export async function targetOf(out: string): Promise<Target> {
  try {
    const path = resolve(out);
    const found = await stat(path).catch(unlessMissing);
    if (found?.isDirectory()) throw new UsageError(`--out ${out} is a folder; name a file.`);
    const by = found ? wayTo(found) : "replace";
    if (by !== "replace") return { path: found?.isFile() ? await realpath(path) : path, by };
    const real = found ? await realpath(path) : await danglingEnd(path);
    const folder = await stat(dirname(real)).catch(unlessMissing);
    if (!folder?.isDirectory()) throw new UsageError(`--out ${out}: there is no folder ${dirname(real)}.`);
    await access(dirname(real), constants.W_OK);
    return { path: join(await realpath(dirname(real)), basename(real)), by };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--out ${out} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function wayTo(found: Stats): Target["by"] {
  if (isOpenAs(1, found)) return "stdout";
  if (isOpenAs(2, found)) return "stderr";
  return found.isFile() ? "replace" : "open";
}

function isOpenAs(descriptor: number, { dev, ino }: Stats): boolean {
  const open = fstatSync(descriptor);
  return open.dev === dev && open.ino === ino;
}

/** Where a path leads that does not exist: itself, or what the last of its symbolic links names. */
async function danglingEnd(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : danglingEnd(resolve(await realpath(dirname(path)), link));
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
