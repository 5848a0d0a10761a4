import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** How much text is gathered for one write, and thus for how long the process does nothing else: a millisecond or two. */
const PIECE = 256 * 1024;

/**
 * Replaces a file by these lines, in one step that a crash at any moment either makes or does not make: written beside it,
 * forced to the disk, renamed, and the folder forced to the disk.
 */
export async function replaceFile(path: string, lines: Iterable<string>): Promise<void> {
  try {
    await using file = await open(draftOf(path), "w");
    await writeLines(file, lines);
    await file.sync();
  } catch (error) {
    await discardDraft(path).catch(() => {});
    throw error;
  }
  await rename(draftOf(path), path);
  await syncFolder(dirname(path));
}

/** Removes what a process that was killed while it wrote has left. */
export async function discardDraft(path: string): Promise<void> {
  await rm(draftOf(path), { force: true });
}

/** The lines of a file. Only a line feed ends one: what JSON leaves in its text, such as U+2028, does not. */
export async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of createReadStream(path, {
    encoding: "utf8",
    highWaterMark: PIECE,
  }) as AsyncIterable<string>) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function draftOf(path: string): string {
  return `${path}.tmp`;
}

async function writeLines(file: FileHandle, lines: Iterable<string>): Promise<void> {
  let piece = "";
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE) continue;
    await file.write(piece);
    piece = "";
  }
  await file.write(piece);
}

/** A rename is on the disk when its folder is. Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}
