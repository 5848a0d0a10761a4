import { readFile, stat } from "node:fs/promises";
import { UsageError } from "../failure.ts";

const TAKES = "--replay takes what an earlier run printed behind it, such as model:storing:42, or a file that has it.";

/** Each of them begins so; whether there is such a one, the suite knows. */
const COUNTEREXAMPLE = /^(model:|\{)/;

/** What can only be meant as the name of a file. */
const PATH = /[\\/]|\.\w+$/;

/** A counterexample: the content of a file, or the text itself. @throws UsageError */
export async function readReplay(given: string): Promise<string> {
  const isFile = (await stat(given).catch(() => undefined))?.isFile() ?? false;
  const text = (isFile ? await readFile(given, "utf8") : given).trim();
  const what = isFile ? `The file ${given}` : "--replay";
  if (text === "") throw new UsageError(`${what} is empty. ${TAKES}`);
  if (COUNTEREXAMPLE.test(text)) return text;
  if (isFile) throw new UsageError(`${what} has no counterexample. ${TAKES}`);
  if (PATH.test(text)) throw new UsageError(`There is no file ${given}. ${TAKES}`);
  return text;
}
