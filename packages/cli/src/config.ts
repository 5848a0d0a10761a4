import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Catalog, type QueueError, validator } from "@anyqueue/api";
import { Type } from "typebox";
import type { BackendChoice } from "./backend.ts";
import { UsageError } from "./failure.ts";

/** What `anyqueue.config.ts`, `.js` or `.json` may say. */
export interface Config {
  /** Where the jobs are, unless the command line or the environment says it. */
  readonly backend?: BackendChoice;
  /** The types of jobs there are, as given to `defineJobs`: `add` checks payloads against them. */
  readonly jobs?: Catalog;
  /** Handlers by type for `work`, or the path of a module that exports them. */
  readonly handlers?: Readonly<Record<string, unknown>> | string;
}

const NAMES = ["anyqueue.config.ts", "anyqueue.config.js", "anyqueue.config.json"];

const Entries = Type.Record(Type.String(), Type.Unknown());
const validate = validator(
  Type.Object(
    {
      backend: Type.Optional(
        Type.Union(
          [
            Type.String({ minLength: 1 }),
            Type.Object({ backend: Type.String({ minLength: 1 }) }, { additionalProperties: true }),
          ],
          { description: 'a URL such as "sqlite:jobs.db", or an object { "backend": "sqlite", … }' },
        ),
      ),
      jobs: Type.Optional(
        Type.Record(Type.String(), Entries, { description: "an object of job types, as given to defineJobs" }),
      ),
      handlers: Type.Optional(
        Type.Union([Type.String({ minLength: 1 }), Entries], {
          description: "an object of handlers by job type, or the path of a module that exports them",
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

/** Reads the configuration of a folder; empty when there is none. @throws UsageError naming the file and the field. */
export async function loadConfig(folder: string = process.cwd()): Promise<Config> {
  for (const name of NAMES) {
    const path = join(folder, name);
    if (!(await isFile(path, name, "CONFIG"))) continue;
    const config = name.endsWith(".json") ? await readJson(path, name) : await importDefault(path, name);
    try {
      validate(config, name);
    } catch (error) {
      throw new UsageError((error as QueueError).message, { code: "CONFIG", cause: error });
    }
    return config as Config;
  }
  return {};
}

async function readJson(path: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (error) {
    const what = error instanceof SyntaxError ? "is not valid JSON" : "cannot be read";
    throw new UsageError(`${name} ${what}: ${reasonOf(error)}`, { code: "CONFIG", cause: error });
  }
}

async function importDefault(path: string, name: string): Promise<unknown> {
  const module = await importModule(path, name, "CONFIG");
  if ("default" in module) return module["default"];
  throw new UsageError(`${name} has no default export: write \`export default { backend: "sqlite:jobs.db" }\`.`, {
    code: "CONFIG",
  });
}

/** Loads a user's module. @throws UsageError with what keeps it from loading. */
export async function importModule(
  path: string,
  name: string,
  code: UsageError["code"] = "USAGE",
): Promise<Readonly<Record<string, unknown>>> {
  if (!(await isFile(path, name, code))) throw new UsageError(`There is no file ${name}.`, { code });
  const settled = new AbortController();
  try {
    const loading = import(pathToFileURL(path).href) as Promise<Readonly<Record<string, unknown>>>;
    return await Promise.race([loading, standstill(settled.signal)]);
  } catch (error) {
    throw new UsageError(`${name} cannot be loaded: ${reasonOf(error)}`, { code, cause: error });
  } finally {
    settled.abort();
  }
}

/** Rejects when nothing is left that could go on, so that no command ends as if it had done its work. */
async function standstill(signal: AbortSignal): Promise<never> {
  await once(process, "beforeExit", { signal });
  throw new Error("a top-level await in it waits for something that never comes.");
}

function reasonOf(error: unknown): string {
  const { code, message = "" } = (error ?? {}) as { code?: string; message?: string };
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return `this Node.js (${process.version}) does not run TypeScript. Use 22.18 or newer, or JavaScript.`;
  }
  return message === "" ? `it throws ${String(error)}` : message.split("\n", 1).join("");
}

/** False when there is nothing of this name. @throws UsageError if it is a folder. */
async function isFile(path: string, name: string, code: UsageError["code"]): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`${name} is a folder, where a file is looked for.`, { code });
  return found !== undefined;
}
