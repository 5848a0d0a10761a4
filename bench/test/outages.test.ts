import { afterAll, beforeAll, expect, it } from "vitest";
import { withoutOutage } from "../src/servers/outages.ts";
import { onServer } from "../src/servers/postgres.ts";
import { tracesIn } from "../src/servers/redis.ts";
import { type Servers, startServers } from "../src/start-servers.ts";
import { subjectNamed } from "../src/subjects/index.ts";

const subject = subjectNamed("anyqueue postgres ON");
let servers: Servers;

beforeAll(async () => void (servers = await startServers([subject])));
afterAll(() => servers.stop());

/** Somebody whose connection the server ends, and who goes on. */
function cutOff(): Promise<number> {
  return onServer(async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await onServer((other) => other.query("select pg_terminate_backend($1, 60000)", [rows[0]?.pid]));
    return 5;
  });
}

it("marks a run during which the server ended a connection, however it went on", async () => {
  const answers = await withoutOutage(subject, () => onServer(async () => 5));
  expect(answers).toBe(5);
  const outage = withoutOutage(subject, cutOff);
  await expect(outage).rejects.toThrow("the postgres server ended connections meanwhile");
});

it("tells of a failure whether the server had a part in it", async () => {
  const fail = (): Promise<never> => Promise.reject(new Error("1 ran twice"));
  await expect(withoutOutage(subject, fail)).rejects.toThrow(/^1 ran twice$/);
  await expect(withoutOutage(subject, () => cutOff().then(fail))).rejects.toThrow(
    "the postgres server ended connections meanwhile: 1 ran twice",
  );
});

it("tells a Redis server that was started again, or disconnected clients, from one that ran on", () => {
  const info = (id: string, connections: number, disconnected: number): string =>
    [
      "# Server",
      `run_id:${id}`,
      "# Stats",
      `total_connections_received:${connections}`,
      `client_output_buffer_limit_disconnections:${disconnected}`,
    ].join("\r\n");
  expect(tracesIn(info("a", 9, 0))).toBe(tracesIn(info("a", 5, 0)));
  expect(tracesIn(info("b", 5, 0))).not.toBe(tracesIn(info("a", 5, 0)));
  expect(tracesIn(info("a", 5, 1))).not.toBe(tracesIn(info("a", 5, 0)));
});

it("asks nothing of a server that has no part in a run", async () => {
  expect(await withoutOutage(subjectNamed("anyqueue memory"), async () => 5)).toBe(5);
});
