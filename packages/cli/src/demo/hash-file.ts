import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHash } from "./file-job.ts";

const CHUNK = 64 * 1024;

/** Computes the SHA-256 of a file, a piece at a time, so that its size does not matter. */
export async function hashFile(path: Buffer, signal: AbortSignal): Promise<FileHash> {
  // What was a file when it was listed may be a link or a pipe by now: neither follow the one nor wait at the other.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error("It is not a regular file any more.");
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(CHUNK);
    let bytes = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return { sha256: hash.digest("hex"), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}
