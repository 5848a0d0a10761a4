import { describe, expect, expectTypeOf, it } from "vitest";
import { openQueue, type PostgresTransaction } from "../src/index.ts";

describe("the package", () => {
  it("opens the backends it brings along, by name", async () => {
    await using memory = await openQueue("memory:");
    await using sqlite = await openQueue("sqlite::memory:");
    expect([memory.backend, sqlite.backend]).toEqual(["memory", "sqlite"]);
  });

  it("knows the type of a Postgres transaction", () => {
    const open = () => openQueue("postgres://localhost/jobs");
    type Queue = Awaited<ReturnType<typeof open>>;
    expectTypeOf<Parameters<Queue["in"]>[0]>().toEqualTypeOf<PostgresTransaction>();
  });

  it("knows the type of a SQLite transaction", () => {
    const open = () => openQueue("sqlite:jobs.db");
    type Queue = Awaited<ReturnType<typeof open>>;
    expectTypeOf<Parameters<Queue["in"]>[0]>().toHaveProperty("prepare");
  });
});
