// `npm run lockfile` updates package-lock.json after a change of dependencies, and ends here. A registry mirror may hold only one platform's
// binaries; npm then silently leaves the others out of the lockfile, and `npm ci` refuses such a lockfile.
// This puts them back: name and version come from the package that wants them, the platform from the name.
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly os?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Platform {
  readonly cpu: readonly string[];
  readonly libc?: readonly string[];
  readonly os?: readonly string[];
}

const path = "package-lock.json";
const lockfile = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Entry> };
const before = new Set(Object.keys(lockfile.packages));

for (const [location, entry] of Object.entries(lockfile.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const isLocked = before.has(`node_modules/${name}`) || before.has(`${location}/node_modules/${name}`);
    const platform = platformOf(name);
    if (isLocked || platform === undefined || !/^\d/.test(version)) continue;
    lockfile.packages[`node_modules/${name}`] = {
      version,
      cpu: platform.cpu,
      ...(entry.dev === true ? { dev: true } : {}),
      ...(platform.libc === undefined ? {} : { libc: platform.libc }),
      optional: true,
      ...(platform.os === undefined ? {} : { os: platform.os }),
    };
  }
}

const added = Object.keys(lockfile.packages).filter((location) => !before.has(location));
if (added.length > 0) {
  const sorted = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(path, `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
}
console.log(`${added.length} platform packages put back into ${path}.`);

/** Reads "@turbo/windows-64" or "@oxfmt/binding-linux-x64-musl"; undefined when the name tells no platform. */
function platformOf(name: string): Platform | undefined {
  const words = name.split(/[/-]/);
  const systems: Readonly<Record<string, string>> = {
    linux: "linux",
    linuxmusl: "linux",
    darwin: "darwin",
    macos: "darwin",
    win32: "win32",
    windows: "win32",
    freebsd: "freebsd",
    openbsd: "openbsd",
    netbsd: "netbsd",
    sunos: "sunos",
    aix: "aix",
    android: "android",
    openharmony: "openharmony",
    wasm32: "wasm32",
  };
  const processors: Readonly<Record<string, string>> = { "64": "x64", wasm32: "wasm32" };
  const known = ["x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32", "ppc"];
  const os = words.map((word) => systems[word]).find((word) => word !== undefined);
  const cpu = words.map((word) => processors[word] ?? word).find((word) => known.includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  const isMusl = words.some((word) => word.includes("musl"));
  const isGnu = words.some((word) => word.startsWith("gnu"));
  return {
    cpu: [cpu],
    ...(os === "linux" && (isMusl || isGnu) ? { libc: [isMusl ? "musl" : "glibc"] } : {}),
    ...(os === "wasm32" ? {} : { os: [os] }),
  };
}
