import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { startServers } from "../src/start-servers.ts";
import { subjectNamed } from "../src/subjects/index.ts";

const subjects = [subjectNamed("anyqueue postgres ON")];
const VARIABLE = "ANYQUEUE_BENCH_POSTGRES_URL";
afterEach(() => void vi.unstubAllEnvs());

/** A port of this machine on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

it("refuses what is no address, by the name of the variable and without what it says", async () => {
  vi.stubEnv(VARIABLE, "me:secret@nowhere");
  const refusal = startServers(subjects);
  await expect(refusal).rejects.toMatchObject({ code: "INVALID" });
  await expect(refusal).rejects.toThrow(`${VARIABLE} is no address such as postgres://`);
  await expect(refusal).rejects.not.toThrow("secret");
});

it("tells at once which server does not answer, without its password", async () => {
  const port = await deadPort();
  vi.stubEnv(VARIABLE, `postgres://me:secret@127.0.0.1:${port}/jobs`);
  const refusal = startServers(subjects);
  await expect(refusal).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(refusal).rejects.toThrow(`${VARIABLE} names, postgres://127.0.0.1:${port}/jobs, cannot be measured on`);
  await expect(refusal).rejects.not.toThrow("secret");
});
