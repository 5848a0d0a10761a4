import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/anyqueue-bench/", import.meta.url));

/** A queue of others at the version that was tried; installed apart from this workspace when it is first asked for. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** Installs the package unless that was done before; answers why it could not. */
export async function install({ name, version }: Package): Promise<string | undefined> {
  const folder = folderOf({ name, version });
  if (existsSync(join(folder, "load.js"))) return undefined;
  process.stderr.write(`installing ${name}@${version}\n`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  try {
    await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`], {
      cwd: folder,
      shell: process.platform === "win32",
    });
  } catch (error) {
    return `npm could not install ${name}@${version}: ${(error as Error).message.trim().split("\n").at(-1)}`;
  }
  // Written last, so that it also tells that the rest is there.
  await writeFile(join(folder, "load.js"), `export * from "${name}";\n`);
  return undefined;
}

/** The package that was installed. */
export async function load<T>(wanted: Package): Promise<T> {
  return (await import(pathToFileURL(join(folderOf(wanted), "load.js")).href)) as T;
}

function folderOf({ name, version }: Package): string {
  return join(CACHE, `${name.replace("/", "+")}@${version}`);
}
