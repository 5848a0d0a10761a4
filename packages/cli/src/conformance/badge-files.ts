import { writeFile } from "node:fs/promises";
import { type Badge, badgeSvg } from "@anyqueue/conformance";
import { CommandError } from "../failure.ts";

/** Writes a badge: an image where the file is called so, otherwise what shields.io reads from a URL. @throws CommandError */
export async function writeBadge(path: string, badge: Badge): Promise<void> {
  try {
    await writeFile(path, path.endsWith(".svg") ? badgeSvg(badge) : `${JSON.stringify(badge)}\n`);
  } catch (error) {
    throw new CommandError("UNAVAILABLE", `The badge cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
