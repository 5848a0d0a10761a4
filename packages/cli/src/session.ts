import { type Catalog, openQueue, type Queue, type QueueOptions } from "@anyqueue/api";
import type { Command } from "commander";
import type { BackendChoice } from "./backend.ts";
import { type Config, loadConfig } from "./config.ts";
import { UsageError } from "./failure.ts";
import { Output } from "./output/output.ts";

/** The options that every command takes. */
export interface GlobalFlags {
  readonly backend?: string;
  readonly json?: boolean;
}

/** What a command works with: its options, the configuration, where to write, and the queue. */
export interface Session<F> {
  readonly flags: F & GlobalFlags;
  readonly config: Config;
  readonly output: Output;
  readonly backend: BackendChoice;
  readonly queue: Queue;
}

/** Opens the queue that the command line, the environment or the configuration names, and closes it after the work. */
export async function withQueue<F>(
  command: Command,
  work: (session: Session<F>) => Promise<void>,
  options: QueueOptions = {},
): Promise<void> {
  const flags = command.optsWithGlobals<F & GlobalFlags>();
  const config = await loadConfig();
  const backend = chooseBackend(flags, config);
  const jobs: { jobs?: Catalog } = config.jobs ? { jobs: config.jobs } : {};
  const queue = (await openQueue(backend, { ...jobs, ...options })) as unknown as Queue;
  try {
    await work({ flags, config, output: new Output(flags.json ?? false), backend, queue });
  } finally {
    await queue.close();
  }
}

/** The command line goes before the environment, and both before the configuration. @throws UsageError if all are silent. */
export function chooseBackend(flags: GlobalFlags, config: Config): BackendChoice {
  const backend = flags.backend ?? (process.env["ANYQUEUE_URL"] || undefined) ?? config.backend;
  if (backend !== undefined) return backend;
  throw new UsageError(
    "Where are the jobs? Name a backend with --backend sqlite:jobs.db, in the environment as ANYQUEUE_URL, or as `backend` in anyqueue.config.ts, .js or .json.",
  );
}
