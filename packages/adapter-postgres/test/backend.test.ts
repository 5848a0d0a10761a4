import { type Queue, openQueue } from "@anyqueue/api";
import { backend, type PostgresOptions } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { Check } from "typebox/value";
import { describe, expect, it } from "vitest";
import { settingsOf } from "../src/options.ts";
import { telling } from "./connections.ts";
import { serverUrl, temporarySchema } from "./server.ts";

const URL = "postgres://me:s3cret@db:5432/shop";

describe("a URL", () => {
  it.each([
    ["", {}, { url: "postgres:" }],
    ["//db/shop", {}, { url: "postgres://db/shop" }],
    ["//me:a%40b@db:5433/shop", {}, { url: "postgres://me:a%40b@db:5433/shop" }],
    ["///shop", { host: "/run/postgresql" }, { url: "postgres:///shop?host=%2Frun%2Fpostgresql" }],
    ["//db/shop", { sslmode: "require" }, { url: "postgres://db/shop?sslmode=require" }],
    ["//db", { schema: "mail", sslmode: "disable" }, { url: "postgres://db?sslmode=disable", schema: "mail" }],
    ["//db", { connections: "5", prepare: "false" }, { url: "postgres://db", connections: 5, prepare: false }],
    ["//db", { durability: "off", notify: "false" }, { url: "postgres://db", durability: "off", notify: false }],
    ["//db", { notify: "redis://cache" }, { url: "postgres://db", notify: { redis: "redis://cache" } }],
    ["//db", { notify: "postgres://db2" }, { url: "postgres://db", notify: { url: "postgres://db2" } }],
    ["//db", { partitions: "16" }, { url: "postgres://db", partitions: { by: "lane", count: 16 } }],
  ])("with the address %j and the query %j is read", (address, query, options) => {
    const read = backend.fromUrl(address, query as Record<string, string>);
    expect(read).toEqual(options);
    expect(Check(backend.options, read)).toBe(true);
  });

  it.each([
    ["postgres:shop", "postgres://user@host:5432/database"],
    ["postgres:///shop?schema=Mail", "`schema` must be the name of the Postgres schema"],
    ["postgres:///shop?schema=pg_jobs", "`schema`"],
    ["postgres:///shop?schema=public", "`schema` cannot be public"],
    ["postgres:///shop?schema=information_schema", "`schema` cannot be information_schema"],
    ["postgres:///shop?connections=many", '`connections` must be a whole number from 1 to 10000, not "many"'],
    ["postgres:///shop?connections=0", "`connections`"],
    ["postgres:///shop?durability=maybe", '`durability` must be "on"'],
    ["postgres:///shop?prepare=no", "`prepare` must be true, or false"],
    ["postgres:///shop?notify=sometimes", "`notify` must be true, false,"],
    ["postgres:///shop?partitions=0", "`partitions.count` must be a whole number from 1 to 256"],
    ["postgres:///shop?partitions=all", "`partitions` must be"],
    ["postgres:///shop?sslmode=bogus", "`sslmode` in the URL must be disable, prefer"],
    [
      "postgres:///shop?query_timeout=abc",
      '`query_timeout` in the URL must be a whole number of milliseconds, not "abc"',
    ],
    ["postgres:///shop?statement_timeout=5s", "`statement_timeout`"],
    ["postgres://host:port/shop", "its URL cannot be used"],
  ])("such as %s is refused, and what is wrong is named", async (url, words) => {
    await expect(openQueue(url)).rejects.toMatchObject({ code: "INVALID", message: telling(words) });
  });

  it("opens a queue", async () => {
    const url = `${await serverUrl()}?schema=${temporarySchema()}&connections=2`;
    await using queue: Queue = await openQueue(url);
    const { id } = await queue.add("mail.send", { to: "me" });
    expect(await queue.get(id)).toMatchObject({ payload: { to: "me" } });
  });
});

describe("options", () => {
  it("are completed", () => {
    expect(settingsOf({ url: URL })).toEqual({
      server: { url: URL, connections: 10 },
      schema: "anyqueue",
      durability: "on",
      prepare: true,
      notify: true,
      partitions: undefined,
    });
  });

  it.each<[string, PostgresOptions, string]>([
    ["neither a server nor a pool", {}, "`url` is missing"],
    ["both", { url: URL, pool: new pg.Pool() }, "either `url` or `pool`"],
    ["what is no pool", { pool: new pg.Client() as never }, "`pool` must be a Pool"],
    ["what a pool decides itself", { pool: new pg.Pool(), connections: 5 }, "`connections`"],
    ["an option in the query of the URL", { url: `${URL}?schema=mail` }, "`schema` is in the query"],
  ])("with %s are refused, and nothing secret is told", async (_, options, words) => {
    const error: unknown = await openQueue({ backend: "postgres", ...options }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INVALID", message: telling(words) });
    expect((error as Error).message).not.toContain("s3cret");
  });

  it.each([
    ["unknown ones", { url: URL, conections: 5 }, "Did you mean `connections`?"],
    ["a URL of something else", { url: "mysql://me:s3cret@db/shop" }, "`url` must be the server and database"],
    ["contradicting ways to notify", { url: URL, notify: { url: URL, redis: "redis://cache" } }, "`notify` must be"],
  ])("that are %s are refused, and nothing secret is told", async (_, options, words) => {
    const error: unknown = await openQueue({ backend: "postgres", ...options }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INVALID", message: telling(words) });
    expect((error as Error).message).not.toContain("s3cret");
  });
});
