import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openQueue, type Queue } from "@anyqueue/api";
import { type BackendChoice, showBackend } from "../backend.ts";
import { EmbeddedServer, namesNoServer } from "./embedded-server.ts";
import { jobs } from "./file-job.ts";

/** The store of one run of the demo, and how to leave it. */
export interface Workplace {
  readonly queue: Queue<typeof jobs>;
  readonly backend: BackendChoice;
  /** A lane of this run's own, so that other jobs of the store are neither touched nor counted. */
  readonly lane: string;
  /** Removes the jobs of this run, or the whole store if it was made for it; or keeps them and tells where. */
  leave(keep: boolean): Promise<string | undefined>;
}

/** Opens the named backend, a fresh Postgres server where one has to be started, or a fresh SQLite file. */
export async function openWorkplace(chosen: BackendChoice | undefined): Promise<Workplace> {
  const lane = `demo-${Date.now().toString(36)}-${process.pid.toString(36)}`;
  if (namesNoServer(chosen)) return embedded(chosen, lane);
  if (chosen !== undefined) return shared(chosen, lane);
  const folder = await mkdtemp(join(tmpdir(), "anyqueue-demo-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  // Also when this cannot be opened, or a second Ctrl-C ends everything at once.
  process.once("exit", remove);
  const path = join(folder, "jobs.db");
  const backend = { backend: "sqlite", path };
  const queue = await openQueue(backend, { jobs });
  return {
    queue,
    backend,
    lane,
    async leave(keep) {
      await queue.close();
      process.off("exit", remove);
      if (keep) return `The jobs are kept: anyqueue list --backend sqlite:${path}`;
      remove();
      return undefined;
    },
  };
}

async function embedded(chosen: string, lane: string): Promise<Workplace> {
  const server = await EmbeddedServer.start();
  try {
    const [, query] = chosen.split("?", 2);
    const workplace = await shared(query === undefined ? server.url : `${server.url}?${query}`, lane);
    return {
      ...workplace,
      async leave() {
        try {
          await workplace.queue.close();
        } finally {
          await server.stop();
        }
        return undefined;
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function shared(backend: BackendChoice, lane: string): Promise<Workplace> {
  const queue: Queue<typeof jobs> = await openQueue(backend, { jobs });
  return {
    queue,
    backend,
    lane,
    async leave(keep) {
      try {
        if (keep) return `The jobs are kept: anyqueue list --lane ${lane} --backend ${showBackend(backend)}`;
        await removeAll(queue, lane);
        return undefined;
      } finally {
        await queue.close();
      }
    },
  };
}

async function removeAll(queue: Queue<typeof jobs>, lane: string): Promise<void> {
  for (;;) {
    const { items } = await queue.list({ lanes: [lane], limit: 1000 });
    if (items.length === 0) return;
    await queue.remove({ ids: items.map(({ id }) => id) });
  }
}
