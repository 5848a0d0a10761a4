import { QueueError } from "@anyqueue/api";
import type { Pool } from "pg";
import { type Static, Type } from "typebox";
import { misreadOption } from "./driver-query.ts";

const strict = { additionalProperties: false };
const POSTGRES_URL = "^postgres(ql)?:";

/** One object with one of two fields, so that an error speaks of the field that was given. */
const NotifySchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ pattern: POSTGRES_URL, description: "a URL such as postgres://user@host/database" }),
    ),
    redis: Type.Optional(Type.String({ pattern: "^rediss?:", description: "a URL such as redis://host:6379" })),
  },
  { ...strict, minProperties: 1, maxProperties: 1 },
);

/** The options of the Postgres backend, as `openQueue` and the command line check them. Unknown ones are refused. */
export const PostgresOptionsSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        pattern: POSTGRES_URL,
        description: "the server and database, such as postgres://user@host/database",
      }),
    ),
    // Looked at in `settingsOf`: JSON Schema cannot tell a pool from another object.
    pool: Type.Optional(Type.Unsafe<Pool>(Type.Unknown({ description: "a Pool of the package pg" }))),
    schema: Type.Optional(
      Type.String({
        // Postgres keeps names that begin with `pg_` for itself.
        pattern: "^(?!pg_)[a-z_][a-z0-9_]{0,50}$",
        description:
          "the name of the Postgres schema that holds the jobs: 1 to 51 of a-z, 0-9 and `_`, beginning with neither a digit nor `pg_`",
      }),
    ),
    connections: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: "a whole number from 1 to 10000" }),
    ),
    durability: Type.Optional(
      Type.Union([Type.Literal("on"), Type.Literal("off")], {
        description:
          '"on" (a commit survives a power failure; the default) or "off" (the last moment may be lost, nothing is damaged)',
      }),
    ),
    prepare: Type.Optional(
      Type.Boolean({ description: "true, or false behind a pooler that cannot keep prepared statements" }),
    ),
    notify: Type.Optional(
      Type.Unsafe<boolean | { url: string } | { redis: string }>(
        Type.Union([Type.Boolean(), NotifySchema], {
          description: "true, false, { url: a direct connection for LISTEN } or { redis: the URL of a Redis server }",
        }),
      ),
    ),
    partitions: Type.Optional(
      Type.Object(
        {
          by: Type.Literal("lane", { description: '"lane"' }),
          count: Type.Integer({ minimum: 1, maximum: 256, description: "a whole number from 1 to 256" }),
        },
        { ...strict, description: '{ by: "lane", count: a whole number from 1 to 256 }' },
      ),
    ),
  },
  strict,
);

/** Which server and schema the jobs are in, how safely (P1), and how this process uses the server. */
export type PostgresOptions = Static<typeof PostgresOptionsSchema>;

/** Options with their defaults. */
export interface Settings {
  /** A pool of the caller's, or the address for a pool of our own. */
  readonly server: { readonly pool: Pool } | { readonly url: string; readonly connections: number };
  readonly schema: string;
  readonly durability: "on" | "off";
  readonly prepare: boolean;
  readonly notify: NonNullable<PostgresOptions["notify"]>;
  readonly partitions: PostgresOptions["partitions"];
}

/** Options that a URL may carry in its query beside those of the driver. */
export const URL_OPTIONS = ["schema", "connections", "durability", "prepare", "notify", "partitions"] as const;

/** Completes options that the schema has accepted. @throws QueueError `INVALID` where two of them exclude each other. */
export function settingsOf(options: PostgresOptions): Settings {
  const { schema = "anyqueue", durability = "on", prepare = true, notify = true, partitions } = options;
  if (schema === "public" || schema === "information_schema") {
    throw refused(`\`schema\` cannot be ${schema}, which is not AnyQueue's alone; name one that is, such as anyqueue`);
  }
  return { server: serverOf(options), schema, durability, prepare, notify, partitions };
}

function serverOf({ url, pool, connections }: PostgresOptions): Settings["server"] {
  if (pool !== undefined && url !== undefined) throw refused("give either `url` or `pool`, not both");
  if (pool !== undefined) {
    if (!isPool(pool)) throw refused("`pool` must be a Pool of the package pg, such as new pg.Pool({ … })");
    if (connections !== undefined) throw refused("`connections` is for a `url`; a pool brings its own `max`");
    return { pool };
  }
  if (url === undefined) {
    throw refused("`url` is missing, such as postgres://user@host/database; or give a `pool`");
  }
  const misplaced = URL_OPTIONS.find((name) => queryOf(url).has(name));
  if (misplaced !== undefined) {
    throw refused(`\`${misplaced}\` is in the query of \`url\`; give it as an option beside \`url\``);
  }
  const misread = misreadOption(queryOf(url));
  if (misread !== undefined) throw refused(misread);
  return { url, connections: connections ?? 10 };
}

function isPool(value: unknown): value is Pool {
  const { connect, query, totalCount } = (value ?? {}) as Partial<Pool>;
  return typeof connect === "function" && typeof query === "function" && typeof totalCount === "number";
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at));
}

function refused(reason: string): QueueError {
  return new QueueError("INVALID", `Cannot open the postgres queue: ${reason}.`);
}
