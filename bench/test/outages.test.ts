import { afterAll, beforeAll, expect, it } from "vitest";
import { withoutOutage } from "../src/servers/outages.ts";
import { onServer } from "../src/servers/postgres.ts";
import { type Servers, startServers } from "../src/start-servers.ts";
import { subjectNamed } from "../src/subjects/index.ts";

const subject = subjectNamed("anyqueue postgres ON");
let servers: Servers;

beforeAll(async () => void (servers = await startServers([subject])));
afterAll(() => servers.stop());

it("marks a run during which the server ended a connection, however it went on", async () => {
  const answers = await withoutOutage(subject, () => onServer(async () => 5));
  expect(answers).toBe(5);
  const outage = withoutOutage(subject, () =>
    onServer(async (client) => {
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      await onServer((other) => other.query("select pg_terminate_backend($1, 60000)", [rows[0]?.pid]));
      return 5;
    }),
  );
  await expect(outage).rejects.toThrow("the Postgres server ended connections meanwhile");
});

it("asks nothing of a server that has no part in a run", async () => {
  expect(await withoutOutage(subjectNamed("anyqueue memory"), async () => 5)).toBe(5);
});
