import { readdir } from "node:fs/promises";

/** A folder that could not be read. */
export interface UnreadableFolder {
  /** Raw bytes, relative to where the walk began. */
  readonly path: Buffer;
  readonly error: Error;
}

const SLASH = Buffer.from("/");

/**
 * Every regular file below a folder, each once, as raw bytes relative to it: file names need not be UTF-8. Symbolic
 * links are not followed, so nothing is met twice and nothing outside is read.
 */
export async function* filesBelow(
  root: string,
  onUnreadable: (folder: UnreadableFolder) => void,
): AsyncGenerator<Buffer> {
  const base = Buffer.from(root);
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const inside = folder;
    try {
      const entries = await readdir(join(base, inside), { withFileTypes: true, encoding: "buffer" });
      for (const entry of entries) {
        if (entry.isDirectory()) folders.push(join(inside, entry.name));
        else if (entry.isFile()) yield join(inside, entry.name);
      }
    } catch (error) {
      onUnreadable({ path: inside, error: error as Error });
    }
  }
}

/** Joins raw path names. */
export function join(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name;
  return name.length === 0 ? folder : Buffer.concat([folder, SLASH, name]);
}
