import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Adapter } from "@anyqueue/api";
import { memory } from "@anyqueue/adapter-memory";
import { runConformance } from "@anyqueue/conformance";
import { describe, it } from "vitest";

runConformance({ name: "memory", open: () => memory() }, { describe, it });

const paths = new WeakMap<Adapter, string>();

runConformance(
  {
    name: "memory with a snapshot",
    async open() {
      return onFile(join(await mkdtemp(join(tmpdir(), "anyqueue-memory-")), "jobs.snapshot"));
    },
    reopen: (adapter) => onFile(pathOf(adapter)),
    dispose: (adapter) => rm(dirname(pathOf(adapter)), { recursive: true, force: true }),
  },
  { describe, it },
);

function onFile(path: string): Adapter {
  const adapter = memory({ snapshot: { path } });
  paths.set(adapter, path);
  return adapter;
}

function pathOf(adapter: Adapter): string {
  const path = paths.get(adapter);
  if (path === undefined) throw new Error("This adapter was made by another fixture.");
  return path;
}
