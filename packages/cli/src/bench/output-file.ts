import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { UsageError } from "../failure.ts";

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
