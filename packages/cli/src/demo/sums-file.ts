import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { CommandError } from "../failure.ts";
import type { Target } from "./target.ts";

/** A file and its hash. */
export interface Sum {
  /** Raw bytes, relative to the folder. */
  readonly path: Buffer;
  readonly sha256: string;
}

const LINES_PER_PIECE = 1000;

/**
 * Writes sums in the format of `sha256sum`, sorted by the bytes of the paths. A file is replaced in one step: whoever
 * reads it sees the old one or the new one, also when this process ends on the way. Anything else is written to.
 *
 * @throws CommandError telling why they cannot be written.
 */
export async function writeSums({ path, by }: Target, sums: readonly Sum[]): Promise<void> {
  const text = linesOf(sums.toSorted((a, b) => Buffer.compare(a.path, b.path)));
  try {
    if (by === "replace") await replace(path, text);
    else if (by === "open") await writeFile(path, text, { flag: constants.O_WRONLY });
    else for (const piece of text) await promisify<Buffer, void>((it, done) => process[by].write(it, done))(piece);
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError("NOT_WRITTEN", `The sums cannot be written to ${path}: ${message}`, { cause: error });
  }
}

async function replace(path: string, text: Iterable<Buffer>): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await writeFile(draft, text, { flag: "wx", flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** In pieces, so that memory holds none of them twice. */
function* linesOf(sums: readonly Sum[]): Generator<Buffer> {
  for (let i = 0; i < sums.length; i += LINES_PER_PIECE) {
    yield Buffer.concat(sums.slice(i, i + LINES_PER_PIECE).map(lineOf));
  }
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x5c, "\\\\"],
]);

/** A backslash before the hash tells that the name is escaped, as GNU coreutils do it. */
function lineOf({ path, sha256 }: Sum): Buffer {
  if (!path.some((byte) => ESCAPES.has(byte))) {
    return Buffer.concat([Buffer.from(`${sha256}  `), path, Buffer.from("\n")]);
  }
  const escaped = [...path].map((byte) => Buffer.from(ESCAPES.get(byte) ?? [byte]));
  return Buffer.concat([Buffer.from(`\\${sha256}  `), ...escaped, Buffer.from("\n")]);
}
