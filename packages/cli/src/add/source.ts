import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { UsageError } from "../failure.ts";

/** Where lines come from. It can be read twice: once to check, once to add. */
export interface Source extends AsyncDisposable {
  /** In bytes; absent while it is not known. */
  readonly size: number | undefined;
  /** Reads from the beginning. */
  read(): Readable;
}

/** A file, which stays where it is. @throws UsageError */
export async function fileSource(path: string): Promise<Source> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}`,
    );
  });
  if (found.isDirectory()) throw new UsageError(`${path} is a folder; name a file of JSON lines.`);
  if (!found.isFile()) return streamSource(createReadStream(path));
  return {
    size: found.size,
    read: () => createReadStream(path),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A stream, such as standard input: what the first reading passes on is kept in a temporary file for the second. */
export async function streamSource(stream: Readable): Promise<Source> {
  const copy = await namelessFile();
  let isCopied = false;
  return {
    size: undefined,
    read() {
      if (isCopied) return copy.createReadStream({ start: 0, autoClose: false });
      isCopied = true;
      return Readable.from(copying(stream, copy));
    },
    [Symbol.asyncDispose]: () => copy.close(),
  };
}

/** Payloads are nobody else's business, so nothing is left of them however this process ends: the file has no name. */
async function namelessFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `anyqueue-add-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600);
  await unlink(path);
  return file;
}

async function* copying(stream: Readable, copy: FileHandle): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    await copy.appendFile(chunk);
    yield chunk;
  }
}
