import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pg from "pg";
import { beforeAll, inject, onTestFinished } from "vitest";
import { OwnServer } from "./own-server.ts";

let asked: Promise<string> | undefined;

/**
 * The URL of the Postgres server of this run, for a superuser: the one that `ANYQUEUE_TEST_POSTGRES_URL` names, or else one
 * that is started for the first test which asks, and ended after the last.
 */
export async function serverUrl(): Promise<string> {
  asked ??= askForUrl();
  return asked;
}

/** For files that count pages, a server of their own: what others create makes each session read the catalog once more. */
export function useServerAlone(): void {
  beforeAll(async () => {
    const server = await OwnServer.start({ settings: { autovacuum: "off" } });
    asked = Promise.resolve(server.url);
    return () => server.dispose();
  });
}

/** The name of a schema that no other test uses, dropped with all that is in it when the test is over. */
export function temporarySchema(): string {
  const schema = newSchemaName();
  onTestFinished(() => dropSchema(schema));
  return schema;
}

/** The name of a schema that no other test uses. Whoever asks for it calls `dropSchema` in the end. */
export function newSchemaName(): string {
  return `t_${randomUUID().replaceAll("-", "")}`;
}

/** Removes a schema with all that is in it, if it exists. */
export async function dropSchema(schema: string): Promise<void> {
  await runSql(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
}

/** The name of a new role that may log in with the password given; dropped, with what it owns, when the test is over. */
export async function temporaryRole(password: string): Promise<string> {
  const role = newSchemaName();
  await runSql(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  onTestFinished(() => runSql(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`));
  return role;
}

/** Runs statements as the superuser, on a connection of their own. */
export async function runSql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: await serverUrl() });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** A connection of the test's own to the server, ended when the test is over. */
export async function openClient(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await serverUrl() });
  // A server that goes away while the connection is idle is some tests' point.
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function askForUrl(): Promise<string> {
  const named = process.env["ANYQUEUE_TEST_POSTGRES_URL"];
  if (named !== undefined && named !== "") return named;
  const answer = await text(connect(inject("postgresDesk"), "127.0.0.1"));
  const { url, error } = JSON.parse(answer) as { url?: string; error?: string };
  if (url === undefined) throw new Error(error);
  return url;
}
