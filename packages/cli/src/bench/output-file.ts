import { existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { CommandError, UsageError } from "../failure.ts";

/**
 * Sees that a file can be written before anything is done whose result it is to hold. What is in it stays there.
 *
 * @throws UsageError if it cannot.
 */
export async function checkWritable(option: string, file: string): Promise<void> {
  const isNew = !existsSync(file);
  try {
    await (await open(file, "a")).close();
    if (isNew) await rm(file);
  } catch (cause) {
    throw new UsageError(
      `${option} cannot write ${file}: ${(cause as Error).message}. Name a file in a folder that exists and is yours to write to.`,
      { cause },
    );
  }
}

/** Whether what is written takes the place of what was there; to a pipe or a device it is added. */
export function isReplaced(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
}

/**
 * Writes a file in one step: what was in it stays if the disk is full, or if this process ends on the way.
 *
 * @throws CommandError if it cannot.
 */
export function writeInOneStep(file: string, text: string): void {
  try {
    if (isReplaced(file)) replace(existsSync(file) ? realpathSync(file) : file, text);
    else writeFileSync(file, text);
  } catch (cause) {
    throw new CommandError("NOT_WRITTEN", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function replace(file: string, text: string): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
    // It may be written to, and yet its folder may not, or it may be mounted by itself.
    writeFileSync(file, text);
  }
}
