import { access, readFile } from "node:fs/promises";
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
    if (!(await exists(path))) continue;
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
    throw new UsageError(`${name} is not valid JSON: ${(error as Error).message}`, { code: "CONFIG", cause: error });
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
  code: "USAGE" | "CONFIG" = "USAGE",
): Promise<Readonly<Record<string, unknown>>> {
  if (!(await exists(path))) throw new UsageError(`There is no file ${name}.`, { code });
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${name} cannot be loaded: ${reasonOf(error)}`, { code, cause: error });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return `this Node.js (${process.version}) does not run TypeScript. Use 22.18 or newer, or JavaScript.`;
  }
  return message === undefined || message === "" ? String(error) : message.split("\n", 1).join("");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
