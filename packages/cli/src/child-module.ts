import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of a module beside this one for a child process: `.ts` when this runs from source, `.js` when built. */
export function childModule(name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
}
