import { resolve } from "node:path";
import { createAdapter } from "@anyqueue/api";
import type { Fixture } from "@anyqueue/conformance";
import { showBackend } from "../backend.ts";
import { importModule } from "../config.ts";
import { UsageError } from "../failure.ts";
import { postgresFixture } from "./postgres-fixture.ts";
import { sqliteFixture } from "./sqlite-fixture.ts";

/** Finds what to test: one of our own backends by its URL, or the fixture that a module exports. @throws UsageError */
export async function findFixture(subject: string): Promise<Fixture> {
  const [, scheme, address = "", search = ""] = /^([a-z][a-z0-9+-]+):([^?]*)\??(.*)$/i.exec(subject) ?? [];
  if (scheme === undefined) return fixtureOf(subject);
  if (scheme === "memory" && address === "" && search === "") {
    return { name: "memory", open: () => createAdapter("memory:") };
  }
  if (scheme === "sqlite" && address === ":memory:") {
    return { name: "sqlite in memory", open: () => createAdapter("sqlite::memory:") };
  }
  if (scheme === "sqlite" && address === "") return sqliteFixture(Object.fromEntries(new URLSearchParams(search)));
  if (/^postgres(ql)?$/i.test(scheme)) return postgresFixture(address, search);
  throw new UsageError(
    `${showBackend(subject)}: each case needs a new and empty store. Name memory:, sqlite: or sqlite:?durability=normal (files in a temporary folder), postgres://… (schemas of a server), or a module that exports a fixture.`,
  );
}

async function fixtureOf(path: string): Promise<Fixture> {
  const module = await importModule(resolve(path), path);
  const fixture = module["fixture"] ?? module["default"];
  const { name, open } = (fixture ?? {}) as Partial<Fixture>;
  if (typeof name === "string" && typeof open === "function") return fixture as Fixture;
  throw new UsageError(
    `${path} exports no fixture. Write: export const fixture = { name: "mine", open: () => new MyAdapter(…) };`,
  );
}
