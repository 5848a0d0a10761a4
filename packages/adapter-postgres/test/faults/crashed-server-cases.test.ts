import type { Adapter } from "@anyqueue/api";
import { postgres } from "@anyqueue/adapter-postgres";
import { type Fixture, runStandalone } from "@anyqueue/conformance";
import { beforeAll, describe, expect, it } from "vitest";
import { OwnServer } from "../own-server.ts";
import { newSchemaName } from "../server.ts";
import { STORMS } from "./load.ts";

/** The cases in which a handle crashes, or a process where there is one; here the whole server does. */
const crashes = [
  "loses, invents and doubles nothing when a handle crashes in the middle of a random load",
  "keeps every acknowledged insert when the process is killed",
];

describe("a store whose server crashes with all of its connections", () => {
  let server: OwnServer;
  const schemas = new WeakMap<Adapter, string>();
  const schemaOf = (adapter: Adapter): string => schemas.get(adapter) ?? "";
  const at = (schema: string): Adapter => {
    const adapter = postgres({ url: server.url, schema, connections: 3 });
    schemas.set(adapter, schema);
    return adapter;
  };
  const fixture: Fixture = {
    name: "postgres",
    open: () => at(newSchemaName()),
    reopen: (adapter) => at(schemaOf(adapter)),
    crash: () => server.restart("immediate"),
  };

  beforeAll(async () => {
    // As in production, so that what it acknowledged is what it finds after a crash.
    server = await OwnServer.start({ settings: { fsync: "on", full_page_writes: "on" } });
    return () => server.dispose();
  });

  const seeds = Array.from({ length: 3 * STORMS }, (_, i) => i + 1);
  const runs = crashes.flatMap((title) => seeds.map((seed) => [title, seed] as const));
  it.for(runs)("%s (seed %i)", async ([title, seed]) => {
    const { cases } = await runStandalone(fixture, { title, seed, time: "2s" });
    expect(cases).toMatchObject([{ outcome: "passed" }]);
  });
});
