import { QueueError } from "@anyqueue/api";
import { type PostgresOptions, URL_OPTIONS } from "./options.ts";

type Query = Readonly<Record<string, string>>;

/**
 * Reads what follows `postgres:` in a URL: `//me@db.example/shop?schema=jobs&connections=5&sslmode=require`, or nothing for
 * what the environment says (`PGHOST`, `PGUSER`, …). Our own options leave the query, the driver's stay in it.
 */
export function readUrl(address: string, query: Query): PostgresOptions {
  if (address !== "" && !address.startsWith("//")) {
    throw new QueueError(
      "INVALID",
      "Cannot open the postgres queue: a URL with a server looks like postgres://user@host:5432/database; postgres: alone " +
        "takes the server from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.",
    );
  }
  const given = Object.entries(query);
  const ours = given.filter(([name]) => isOurs(name)).map(([name, text]) => [name, READERS[name as OurName](text)]);
  const search = new URLSearchParams(given.filter(([name]) => !isOurs(name))).toString();
  const url = `postgres:${address}${search === "" ? "" : `?${search}`}`;
  return { url, ...(Object.fromEntries(ours) as PostgresOptions) };
}

type OurName = (typeof URL_OPTIONS)[number];

/** What cannot be read stays text, for the check of the options to refuse it by name. */
const READERS: Readonly<Record<OurName, (text: string) => unknown>> = {
  schema: (text) => text,
  connections: readNumber,
  durability: (text) => text,
  prepare: readBoolean,
  notify: (text) => {
    if (/^rediss?:/.test(text)) return { redis: text };
    return /^postgres(ql)?:/.test(text) ? { url: text } : readBoolean(text);
  },
  partitions: (text) => {
    const count = readNumber(text);
    return typeof count === "number" ? { by: "lane", count } : text;
  },
};

function isOurs(name: string): name is OurName {
  return (URL_OPTIONS as readonly string[]).includes(name);
}

function readNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function readBoolean(text: string): unknown {
  return text === "true" || text === "false" ? text === "true" : text;
}
