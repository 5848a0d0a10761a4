import { createRequire } from "node:module";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Adapter, type Backend, createAdapter, openQueue, registerBackend } from "@anyqueue/api";
import { Type } from "typebox";
import { describe, expect, it, onTestFinished } from "vitest";
import { decorate, memory } from "../support/adapters.ts";
import { rejectionOf } from "../support/errors.ts";

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "anyqueue-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe("openQueue", () => {
  it.each<[string, unknown, string]>([
    ["a URL", "memory:", "memory"],
    ["a URL in capitals", "MEMORY:", "memory"],
    ["an alias", "mem:", "memory"],
    ["a config object", { backend: "memory" }, "memory"],
    ["a URL of another backend", "sqlite::memory:", "sqlite"],
    ["a config object with options", { backend: "sqlite", path: ":memory:", durability: "normal" }, "sqlite"],
  ])("opens %s", async (_, backend, name) => {
    await using queue = await openQueue(backend as string);

    expect(queue.backend).toBe(name);
    expect(Object.isFrozen(queue.capabilities)).toBe(true);
    expect((await queue.add("a", 1)).status).toBe("added");
  });

  it("opens an adapter that it is given", async () => {
    const adapter = await memory();
    await using queue = await openQueue(adapter);
    const { id } = await queue.add("a", 1);

    expect((await adapter.get([id]))[0]?.payload).toBe(1);
  });

  it("keeps what is in a file, and makes the file where the URL says", async () => {
    const dir = await folder();
    const path = join(dir, "my jobs.db");
    const first = await openQueue(`sqlite:${encodeURIComponent(path)}?durability=normal`);
    const { id } = await first.add("a", { n: 1 });
    await first.close();

    await using second = await openQueue({ backend: "sqlite", path });

    expect((await second.get(id))?.payload).toEqual({ n: 1 });
    expect(await readdir(dir)).toContain("my jobs.db");
  });

  it.each<[string, unknown, string, string]>([
    ["a misspelt scheme", "sqllite:jobs.db", "UNKNOWN_BACKEND", "Did you mean `sqlite`?"],
    ["a scheme like none", "mongodb://localhost", "UNKNOWN_BACKEND", "Known are memory, sqlite, postgres"],
    ["a scheme that every object has", "constructor:x", "UNKNOWN_BACKEND", "constructor"],
    ["a backend that every object has", { backend: "__proto__" }, "UNKNOWN_BACKEND", "__proto__"],
    ["a plain path", "./jobs.db", "INVALID", "sqlite:jobs.db"],
    ["a path of Windows", "C:\\jobs.db", "INVALID", "begins with its backend"],
    ["an empty URL", "", "INVALID", '""'],
    ["nothing", undefined, "INVALID", "give a URL"],
    ["null", null, "INVALID", "give a URL"],
    ["a number", 5, "INVALID", "give a URL"],
    ["a config object without a backend", { path: "jobs.db" }, "INVALID", "give a URL"],
    ["a misspelt option in a config object", { backend: "sqlite", pth: "x" }, "INVALID", "Did you mean `path`?"],
    ["a misspelt option in a URL", "sqlite::memory:?durabilty=full", "INVALID", "Did you mean `durability`?"],
    ["a value that is none", "sqlite::memory:?durability=much", "INVALID", "durability"],
    ["an option of a backend that has none of it", "memory:?path=x", "INVALID", "`path` is not an option"],
    ["an option named like a prototype", "memory:?__proto__=x", "INVALID", "__proto__"],
    ["a file where none can be", "sqlite:/nowhere/at/all/jobs.db", "INVALID", "/nowhere"],
  ])("explains %s", async (_, backend, code, part) => {
    const error = await rejectionOf(openQueue(backend as string));

    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  it.skipIf(isInstalled("@anyqueue/adapter-postgres"))("tells how to install a package that is missing", async () => {
    const error = await rejectionOf(openQueue("postgres://localhost/jobs"));

    expect(error.code).toBe("NOT_INSTALLED");
    expect(error.message).toContain("npm install @anyqueue/adapter-postgres");
  });

  it.each<[string, object, string]>([
    ["a misspelt option", { job: {} }, "Did you mean `jobs`?"],
    ["a retention that is no flag", { retention: "yes" }, "`retention` must be true or false"],
    ["a backoff that is no function", { backoff: { type: "fixed", delay: 1 } }, "`backoff` must be a function"],
    ["an observer that is no function", { observe: true }, "`observe` must be a function"],
  ])("explains %s of the queue", async (_, options, part) => {
    const error = await rejectionOf(openQueue("memory:", options as never));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("P25 leaves nothing open when opening failed", async () => {
    let closed = 0;
    const adapter: Adapter = decorate(await memory(), {
      open: () => Promise.reject(new Error("no disk")),
      close: async () => void closed++,
    });

    expect((await rejectionOf(openQueue(adapter))).code).toBe("UNAVAILABLE");
    expect(closed).toBe(1);
  });
});

describe("registerBackend", () => {
  it("makes a backend of one's own known by URL and by name, in any case", async () => {
    const backend: Backend = {
      name: "Mine",
      options: Type.Object(
        { shelf: Type.String({ description: "the name of a shelf" }) },
        { additionalProperties: false },
      ),
      fromUrl: (address, query) => ({ shelf: address, ...query }),
      create: () => adapter,
    };
    const adapter = await memory();
    registerBackend("Mine", async () => ({ backend }));

    expect(await createAdapter("mine:a")).toBe(adapter);
    expect(await createAdapter({ backend: "Mine", shelf: "a" })).toBe(adapter);
    expect((await rejectionOf(createAdapter("mine:a?shlef=b"))).message).toContain("Did you mean `shelf`?");
    expect((await rejectionOf(createAdapter({ backend: "Mine" }))).message).toContain(
      "`shelf` is missing; it must be the name of a shelf",
    );
    expect((await rejectionOf(createAdapter("mina:"))).message).toContain("Did you mean `mine`?");
  });
});
