import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";

const PACKAGES = [
  "@anyqueue/api",
  "@anyqueue/adapter-memory",
  "@anyqueue/adapter-sqlite",
  "@anyqueue/adapter-postgres",
  "better-sqlite3",
  "pg",
  "tinybench",
];

/** Of our packages, and of what works under them. */
export function versionsOfCode(): Record<string, string> {
  return {
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    SQLite: sqliteVersion(),
  };
}

/**
 * The commit of this repository, with a `+` if files differ from it; undefined of an installed package, whose version says
 * the same.
 */
export function commitOfCode(): string | undefined {
  const folder = import.meta.dirname;
  if (folder.includes("node_modules")) return undefined;
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return undefined;
  }
}

/** Not every package lets its manifest be imported, but it lies in a folder above what can be. */
function versionOf(name: string): string {
  try {
    let folder = dirname(fileURLToPath(import.meta.resolve(name)));
    while (folder !== dirname(folder)) {
      const manifest = manifestIn(folder);
      if (manifest?.name === name) return manifest.version ?? "unknown";
      folder = dirname(folder);
    }
  } catch {
    // It cannot be found.
  }
  return "unknown";
}

function manifestIn(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}

function sqliteVersion(): string {
  const database = new Database(":memory:");
  try {
    return database.prepare<[], string>("select sqlite_version()").pluck().get() ?? "unknown";
  } finally {
    database.close();
  }
}
