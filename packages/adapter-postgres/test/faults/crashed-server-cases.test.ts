import type { Adapter } from "@anyqueue/api";
import { postgres } from "@anyqueue/adapter-postgres";
import { cases, type Fixture, runCase, titleOf } from "@anyqueue/conformance";
import { beforeAll, describe, expect, it } from "vitest";
import { OwnServer } from "../own-server.ts";
import { newSchemaName } from "../server.ts";
import { STORMS } from "./load.ts";

/** The cases in which a handle crashes, or a process where there is one; here the whole server does. */
const crashes = cases.filter(({ title }) => /when a handle crashes|acknowledged insert when the process/.test(title));

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

  it("is looked at in two cases", () => {
    expect(crashes.length).toBe(2);
  });

  const seeds = Array.from({ length: 3 * STORMS }, (_, i) => i + 1);
  const runs = crashes.flatMap((subject) => seeds.map((seed) => [titleOf(subject), seed, subject] as const));
  it.for(runs)("%s (seed %i)", async ([, seed, subject]) => {
    expect(await runCase(fixture, subject, seed)).toMatchObject({ outcome: "passed" });
  });
});
