import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Where tools keep what they can fetch again: with the project that the benchmark is run in. */
const CACHE = resolve("node_modules/.cache/anyqueue-bench");

/** A queue of others at the version that was tried; installed apart from everything else when it is first asked for. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Packages that it is used with, such as a driver, at the version that was tried. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** Installs the package unless that was done before; answers why it could not. */
export async function install(wanted: Package): Promise<string | undefined> {
  const folder = folderOf(wanted);
  const dependencies = { [wanted.name]: wanted.version, ...wanted.beside };
  // Whoever depends on one of them gets the same, so that there is one copy of each.
  const manifest = JSON.stringify({ private: true, type: "module", dependencies, overrides: wanted.beside });
  if ((await readFile(join(folder, "installed.json"), "utf8").catch(() => undefined)) === manifest) return undefined;

  process.stderr.write(`installing ${wanted.name}@${wanted.version}\n`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), manifest);
  await writeFile(join(folder, "load.js"), "export const load = (name) => import(name);\n");
  try {
    await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], {
      cwd: folder,
      shell: process.platform === "win32",
    });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const reason =
      stderr.split("\n").find((line) => /^npm error (?!code|syscall|errno|A complete log)\S/.test(line)) ?? message;
    return `npm could not install ${wanted.name}@${wanted.version}: ${reason.replace("npm error ", "").trim()}`;
  }
  // Written last, so that it also tells that the rest is there.
  await writeFile(join(folder, "installed.json"), manifest);
  return undefined;
}

/** The package that was installed, or another that came with it. */
export async function load<T>(wanted: Package, name = wanted.name): Promise<T> {
  const here = (await import(pathToFileURL(join(folderOf(wanted), "load.js")).href)) as {
    load(name: string): Promise<T>;
  };
  return here.load(name);
}

function folderOf({ name, version }: Package): string {
  return join(CACHE, `${name.replace("/", "+")}@${version}`);
}
