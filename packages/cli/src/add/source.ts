import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
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
  const folder = await mkdtemp(join(tmpdir(), "anyqueue-add-"));
  const copy = join(folder, "lines");
  let isCopied = false;
  return {
    size: undefined,
    read() {
      if (isCopied) return createReadStream(copy);
      isCopied = true;
      return Readable.from(copying(stream, copy));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function* copying(stream: Readable, path: string): AsyncGenerator<Buffer> {
  const file = createWriteStream(path);
  const failed = new Promise<never>((_, reject) => file.once("error", reject));
  failed.catch(() => undefined);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (!file.write(chunk))
      await Promise.race([new Promise<void>((resolve) => file.once("drain", () => resolve())), failed]);
    yield chunk;
  }
  await Promise.race([new Promise<void>((resolve) => file.end(() => resolve())), failed]);
}
