import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suggest } from "../check/nearest.ts";
import type { Backend } from "../contract/backend.ts";
import { QueueError } from "../errors.ts";

/** Loads the module of a backend. */
type Load = () => Promise<{ readonly backend: Backend<never> }>;

const PACKAGES: Readonly<Record<string, string>> = {
  memory: "@anyqueue/adapter-memory",
  sqlite: "@anyqueue/adapter-sqlite",
  postgres: "@anyqueue/adapter-postgres",
};
const ALIASES: Readonly<Record<string, string>> = { postgresql: "postgres", sqlite3: "sqlite", mem: "memory" };

const OLDEST_NODE = 22;

const registered = new Map<string, Load>();

/** Makes a backend known to `openQueue` under its name, in any case, such as an adapter of your own. */
export function registerBackend(name: string, load: Load): void {
  registered.set(name.toLowerCase(), load);
}

/** Finds a backend by its name. @throws QueueError `UNKNOWN_BACKEND` or `NOT_INSTALLED`, each with the remedy. */
export async function backendByName(name: string): Promise<Backend<never>> {
  assertNode();
  const lower = name.toLowerCase();
  const canonical = registered.has(lower) || !Object.hasOwn(ALIASES, lower) ? lower : (ALIASES[lower] ?? lower);
  const load = registered.get(canonical);
  if (load) return (await load()).backend;
  const specifier = Object.hasOwn(PACKAGES, canonical) ? PACKAGES[canonical] : undefined;
  if (specifier === undefined) {
    const known = [...new Set([...Object.keys(PACKAGES), ...registered.keys()])];
    throw new QueueError(
      "UNKNOWN_BACKEND",
      `There is no backend \`${name}\`. ${suggest(name, known)} A backend of your own is passed as an adapter, or registered with registerBackend().`,
    );
  }
  const module = (await importPackage(specifier, canonical)) as { readonly backend: Backend<never> };
  return module.backend;
}

/** Before a native driver is loaded, since on an older Node.js one can end the process without a word. */
function assertNode(): void {
  if (Number.parseInt(process.versions.node) >= OLDEST_NODE) return;
  throw new QueueError(
    "UNSUPPORTED",
    `AnyQueue needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}. Install a newer one from https://nodejs.org.`,
  );
}

async function importPackage(specifier: string, name: string): Promise<unknown> {
  try {
    return await import(specifier);
  } catch (error) {
    if (!isNotFound(error, specifier)) throw broken(specifier, error);
  }
  // Where packages see only their own dependencies, the application's are looked up from its folder.
  try {
    const path = createRequire(join(process.cwd(), "package.json")).resolve(specifier);
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (!isNotFound(error, specifier)) throw broken(specifier, error);
    throw new QueueError(
      "NOT_INSTALLED",
      `The ${name} backend is in a package that is not installed. Run: npm install ${specifier}`,
      { cause: error },
    );
  }
}

function isNotFound(error: unknown, specifier: string): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && (message ?? "").includes(specifier);
}

function broken(specifier: string, cause: unknown): QueueError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QueueError("NOT_INSTALLED", `${specifier} is installed but cannot be loaded: ${reason}`, { cause });
}
