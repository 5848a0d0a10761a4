import type { Subject } from "../subject.ts";
import { at, type Connect } from "./place.ts";

/** A queue of others on a file of SQLite: with a log, and without waiting for the disk, as those that care set it. */
export function onSqlite(connect: Connect) {
  return {
    kind: "other",
    durability: "crash",
    floor: "floor sqlite NORMAL",
    ...at("file", connect),
  } satisfies Partial<Subject>;
}

/** A queue of others on Postgres, which decides itself what a commit survives. */
export function onPostgres(connect: Connect) {
  return {
    kind: "other",
    server: "postgres",
    durability: "power-loss",
    floor: "floor postgres merged ON",
    ...at("schema", connect),
  } satisfies Partial<Subject>;
}

/** A queue of others on Redis, whose append-only file is synced once a second. */
export function onRedis(connect: Connect) {
  return {
    kind: "other",
    server: "redis",
    durability: "crash",
    floor: "floor redis",
    ...at("prefix", connect),
  } satisfies Partial<Subject>;
}
