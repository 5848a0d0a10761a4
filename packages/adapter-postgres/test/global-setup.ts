import { once } from "node:events";
import { createServer } from "node:net";
import type { TestProject } from "vitest/node";
import { OwnServer } from "./own-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The loopback port at which the run's Postgres server is asked for. */
    readonly postgresDesk: number;
  }
}

let started: Promise<OwnServer> | undefined;

const desk = createServer((socket) => {
  socket.on("error", () => undefined);
  started ??= OwnServer.start();
  started.then(
    ({ url }) => socket.end(JSON.stringify({ url })),
    (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
  );
});

/**
 * One Postgres server for the whole run, started when the first test asks for it: whoever connects to the port provided
 * is told the server's URL. Runs without such tests pay nothing.
 */
export async function setup(project: TestProject): Promise<void> {
  desk.listen(0, "127.0.0.1");
  await once(desk, "listening");
  const address = desk.address();
  if (address !== null && typeof address !== "string") project.provide("postgresDesk", address.port);
}

/** Ends the server, if any test asked for it. */
export async function teardown(): Promise<void> {
  desk.close();
  const server = await started?.catch(() => undefined);
  await server?.dispose();
}
