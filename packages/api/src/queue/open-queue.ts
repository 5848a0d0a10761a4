import { Type } from "typebox";
import { checkFunction } from "../check/check-function.ts";
import { show, validator } from "../check/validator.ts";
import type { Adapter } from "../contract/adapter.ts";
import type { Backend, BackendTransactions, MigrationPlan } from "../contract/backend.ts";
import { QueueError } from "../errors.ts";
import { backendByName } from "./backends.ts";
import type { Catalog } from "./catalog.ts";
import { Queue, type QueueOptions } from "./queue.ts";

/** A backend by name with its options, as an alternative to a URL. */
export interface BackendConfig {
  /** `memory`, `sqlite`, `postgres`, or a registered name. */
  readonly backend: string;
  readonly [option: string]: unknown;
}

/** The transaction type that goes with what `openQueue` was given. */
export type TransactionOf<B> =
  B extends Adapter<infer Tx>
    ? Tx
    : B extends `${infer Name}:${string}`
      ? TransactionByName<Name>
      : B extends { readonly backend: infer Name }
        ? TransactionByName<Name>
        : never;

type TransactionByName<Name> = Name extends keyof BackendTransactions ? BackendTransactions[Name] : never;

const Any = Type.Optional(Type.Unknown());
const validateOptions = validator(
  Type.Object(
    {
      jobs: Any,
      observe: Any,
      now: Any,
      backoff: Any,
      random: Any,
      retention: Type.Optional(Type.Boolean({ description: "true or false" })),
      schedules: Type.Optional(Type.Boolean({ description: "true or false" })),
    },
    { additionalProperties: false },
  ),
);

/**
 * Opens a queue on a backend: a URL such as `memory:`, `sqlite:jobs.db`, `postgres://…`, a config object such as
 * `{ backend: "sqlite", path: "jobs.db" }`, or an adapter. Close it, or declare it with `await using`.
 *
 * @throws QueueError `UNKNOWN_BACKEND`, `NOT_INSTALLED`, `INVALID`, `UNAVAILABLE`, `CORRUPT`, `SCHEMA_NEWER`.
 */
export async function openQueue<const B extends string | BackendConfig | Adapter<never>, C extends Catalog = Catalog>(
  backend: B,
  options: QueueOptions<C> = {},
): Promise<Queue<C, TransactionOf<B>>> {
  validateOptions(options, "Cannot open the queue");
  const { observe, backoff, random, now } = options;
  for (const [name, value] of Object.entries({ observe, backoff, random, now })) {
    checkFunction(value, name, "Cannot open the queue");
  }
  const adapter = await createAdapter(backend);
  const queue = new Queue<C, TransactionOf<B>>(adapter as Adapter<TransactionOf<B>>, options);
  try {
    await queue.open();
  } catch (error) {
    await queue.close().catch(() => undefined);
    throw error;
  }
  return queue;
}

/** Makes the adapter that a URL or config object describes, not open yet; hands an adapter back as it is. */
export async function createAdapter(backend: string | BackendConfig | Adapter<never>): Promise<Adapter<never>> {
  if (isAdapter(backend)) return backend;
  const { found, options } = await findBackend(backend);
  return found.create(options);
}

/**
 * Tells what opening the store that a URL or config object describes would change in its layout, and changes nothing
 * (P25). Undefined for a backend whose stores have no layout.
 */
export async function planMigration(backend: string | BackendConfig): Promise<MigrationPlan | undefined> {
  const { found, options } = await findBackend(backend);
  return found.plan?.(options);
}

async function findBackend(backend: string | BackendConfig): Promise<{ found: Backend<never>; options: never }> {
  const { name, options } = typeof backend === "string" ? await fromUrl(backend) : fromConfig(backend);
  const found = await backendByName(name);
  validator(found.options)(options, `Cannot open the ${found.name} queue`);
  return { found, options: options as never };
}

function isAdapter(backend: unknown): backend is Adapter<never> {
  const { insert, poll, cas } = (backend ?? {}) as Partial<Adapter<never>>;
  return typeof insert === "function" && typeof poll === "function" && typeof cas === "function";
}

async function fromUrl(url: string): Promise<{ name: string; options: Record<string, unknown> }> {
  const [, name, rest] = /^([A-Za-z][A-Za-z0-9+-]+):(.*)$/s.exec(url) ?? [];
  if (name === undefined || rest === undefined) {
    throw new QueueError(
      "INVALID",
      `Cannot open the queue ${show(url)}: a URL begins with its backend, such as "memory:", "sqlite:jobs.db" or "postgres://localhost/jobs".`,
    );
  }
  const backend = await backendByName(name.toLowerCase());
  const [address, search] = splitOnce(rest, "?");
  const query = Object.fromEntries(new URLSearchParams(search));
  return { name: name.toLowerCase(), options: backend.fromUrl(address, query) };
}

function fromConfig(config: BackendConfig): { name: string; options: Record<string, unknown> } {
  if (typeof config !== "object" || config === null || typeof config.backend !== "string") {
    throw new QueueError(
      "INVALID",
      `Cannot open the queue ${show(config)}: give a URL, an object { backend: "sqlite", … }, or an adapter.`,
    );
  }
  const { backend, ...options } = config;
  return { name: backend, options };
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
