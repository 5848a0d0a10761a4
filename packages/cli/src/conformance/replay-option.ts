import { readFile, stat } from "node:fs/promises";
import { UsageError } from "../failure.ts";

/** A counterexample: the content of a file, or the text itself. @throws UsageError */
export async function readReplay(given: string): Promise<string> {
  const isFile = (await stat(given).catch(() => undefined))?.isFile() ?? false;
  const text = (isFile ? await readFile(given, "utf8") : given).trim();
  if (text !== "") return text;
  throw new UsageError("--replay takes what an earlier run printed, or a file that has it; this is empty.");
}
