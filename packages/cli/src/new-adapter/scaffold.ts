import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The beginnings of an adapter, with a name to replace. Beside `src` and `dist` in the package. */
const TEMPLATE = fileURLToPath(new URL("../../template", import.meta.url));

/** Files that npm would not publish, or tools take for their own, by this name in the template. */
const SUFFIX = ".template";

/** Writes the beginnings of an adapter into a folder, and answers the paths of its files. */
export async function scaffold(name: string, folder: string): Promise<string[]> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const className = name.replace(/(^|-)([a-z0-9])/g, (_, _dash, letter: string) => letter.toUpperCase());
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const written: string[] = [];
  for (const source of sources.toSorted()) {
    const path = target(relative(TEMPLATE, source), name);
    const text = (await readFile(source, "utf8"))
      .replaceAll("MyStore", className)
      .replaceAll("my-store", name)
      .replaceAll("0.0.0-anyqueue", version);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // Whatever has come into the folder in the meantime stays.
    await writeFile(join(folder, path), text, { flag: "wx" });
    written.push(path);
  }
  return written;
}

/** Where a file of the template goes. */
function target(path: string, name: string): string {
  const own = path === `gitignore${SUFFIX}` ? ".gitignore" : path.replace(SUFFIX, "");
  return own.replace("my-store", name);
}
