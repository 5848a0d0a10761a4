import { startPostgres } from "./servers/postgres.ts";
import { startRedis } from "./servers/redis.ts";
import type { Server } from "./servers/server.ts";
import type { Subject } from "./subject.ts";

const starts: Readonly<Record<NonNullable<Subject["server"]>, () => Promise<Server | undefined>>> = {
  postgres: startPostgres,
  redis: startRedis,
};

/** The servers of a run. */
export interface Servers {
  /** By name, its version and settings; one that is not to be had is not in it. */
  readonly about: Readonly<Record<string, Server["about"]>>;
  stop(): Promise<void>;
}

/** Starts what the subjects need, as far as this machine has it. */
export async function startServers(subjects: readonly Subject[]): Promise<Servers> {
  const running = new Map<string, Server>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((server) => server.stop()));
  };
  try {
    for (const name of new Set(subjects.flatMap(({ server }) => server ?? []))) {
      const server = await starts[name]();
      if (server) running.set(name, server);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { about: Object.fromEntries([...running].map(([name, { about }]) => [name, about])), stop };
}
