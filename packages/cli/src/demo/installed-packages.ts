import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The `node_modules` that the running program lives in or, in a clone, lives from: thousands of real files. */
export function installedPackages(module: string = fileURLToPath(import.meta.url)): string | undefined {
  const mark = `${sep}node_modules${sep}`;
  const at = module.indexOf(mark);
  if (at >= 0) return module.slice(0, at + mark.length - 1);
  for (let folder = dirname(module); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", "@anyqueue"))) return join(folder, "node_modules");
    if (folder === dirname(folder)) return undefined;
  }
}
