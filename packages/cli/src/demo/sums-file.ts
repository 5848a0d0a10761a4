import { open, rename, rm } from "node:fs/promises";

/** A file and its hash. */
export interface Sum {
  /** Raw bytes, relative to the folder. */
  readonly path: Buffer;
  readonly sha256: string;
}

const LINES_PER_WRITE = 1000;

/**
 * Writes sums in the format of `sha256sum`, sorted by the bytes of the paths. The file is replaced in one step: whoever
 * reads it sees the old one or the new one, also when this process ends on the way.
 */
export async function writeSums(out: string, sums: readonly Sum[]): Promise<void> {
  const sorted = sums.toSorted((a, b) => Buffer.compare(a.path, b.path));
  const draft = draftOf(out);
  try {
    const file = await open(draft, "w");
    try {
      for (let i = 0; i < sorted.length; i += LINES_PER_WRITE) {
        await file.writeFile(Buffer.concat(sorted.slice(i, i + LINES_PER_WRITE).map(lineOf)));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, out);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Where the new file is written before it takes the old one's place. */
function draftOf(out: string): string {
  return `${out}.${process.pid}.draft`;
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
