import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { createAdapter, type QueueError } from "@anyqueue/api";
import { checkFixture, type Fixture } from "@anyqueue/conformance";
import { showBackend } from "../backend.ts";
import { importModule } from "../config.ts";
import { UsageError } from "../failure.ts";
import { postgresFixture } from "./postgres-fixture.ts";
import { sqliteFixture } from "./sqlite-fixture.ts";

const KINDS =
  "memory, sqlite (files in a temporary folder; sqlite:?durability=normal with options), postgres://… (schemas of a server), or a module that exports a fixture, such as ./my-adapter.js";

/** Finds what to test: one of our own backends by its name or URL, or the fixture that a module exports. @throws UsageError */
export async function findFixture(subject: string): Promise<Fixture> {
  const url = /^(memory|sqlite|postgres|postgresql)$/i.test(subject) ? `${subject}:` : subject;
  const [, scheme = "", address = "", search = ""] = /^([a-z][a-z0-9+-]+):([^?]*)\??(.*)$/i.exec(url) ?? [];
  if (scheme === "") return fixtureOf(subject);
  if (/^memory$/i.test(scheme) && address === "" && search === "") {
    return { name: "memory", open: () => createAdapter("memory:") };
  }
  if (/^sqlite$/i.test(scheme) && address === ":memory:") {
    return { name: "sqlite in memory", open: () => createAdapter("sqlite::memory:") };
  }
  if (/^sqlite$/i.test(scheme) && address === "") return sqliteFixture(Object.fromEntries(new URLSearchParams(search)));
  if (/^postgres(ql)?$/i.test(scheme)) return postgresFixture(address, search);
  throw new UsageError(`${showBackend(subject)}: each case needs a new and empty store. Name ${KINDS}.`);
}

async function fixtureOf(path: string): Promise<Fixture> {
  const isThere = (await stat(resolve(path)).catch(() => undefined)) !== undefined;
  if (!isThere) throw new UsageError(`There is no file ${path}. Name ${KINDS}.`);
  const module = await importModule(resolve(path), path).catch((error: unknown) => {
    const { message, cause } = error as UsageError;
    throw new UsageError(`${message.replace(/\.?$/, ".")} With DEBUG=1 in the environment: where.`, { cause });
  });
  const fixture = module["fixture"] ?? module["default"];
  if (fixture === undefined) throw new UsageError(`${path} ${exportsOf(module)}. ${EXAMPLE}`);
  try {
    checkFixture(fixture);
  } catch (error) {
    throw new UsageError(`${path}: ${(error as QueueError).message}`, { cause: error });
  }
  return fixture;
}

const EXAMPLE = 'Write: export const fixture = { name: "mine", open: () => new MyAdapter(…) };';

function exportsOf(module: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(module);
  return names.length === 0 ? "exports nothing" : `exports ${names.join(", ")}, but no \`fixture\``;
}
