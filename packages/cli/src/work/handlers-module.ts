import { basename, resolve } from "node:path";
import type { Catalog, Handlers } from "@anyqueue/api";
import { type Config, importModule } from "../config.ts";
import { UsageError } from "../failure.ts";

/** A user's handlers, and the job types if the module declares them. */
export interface UserHandlers {
  readonly handlers: Handlers<Catalog>;
  readonly jobs: Catalog | undefined;
}

const EXAMPLE = 'export default { "mail.send": async (job) => { … } };';

/** Loads handlers from a module, or takes them from the configuration. @throws UsageError */
export async function loadHandlers(path: string | undefined, config: Config): Promise<UserHandlers> {
  const named = path ?? config.handlers;
  if (named === undefined) {
    throw new UsageError(
      "Name a module of handlers, such as: anyqueue work ./handlers.js — or set `handlers` in anyqueue.config.",
    );
  }
  if (typeof named !== "string")
    return { handlers: checked(named, "`handlers` in the configuration"), jobs: config.jobs };
  const module = await importModule(resolve(named), basename(named));
  const handlers = checked(module["handlers"] ?? module["default"], basename(named));
  return { handlers, jobs: (module["jobs"] as Catalog | undefined) ?? config.jobs };
}

function checked(value: unknown, name: string): Handlers<Catalog> {
  if (value === undefined) throw new UsageError(`${name} exports no handlers. Write: ${EXAMPLE}`);
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    throw new UsageError(`${name} must export an object of handlers by job type. Write: ${EXAMPLE}`);
  }
  const wrong = Object.entries(value).find(([, handler]) => typeof handler !== "function");
  if (wrong) throw new UsageError(`${name}: the handler of \`${wrong[0]}\` is not a function.`);
  return value as Handlers<Catalog>;
}
