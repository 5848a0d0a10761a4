import { keep } from "./servers/kept.ts";
import { postgres } from "./servers/postgres.ts";
import { redis } from "./servers/redis.ts";
import type { ServerKind } from "./servers/server-kind.ts";
import type { Subject } from "./subject.ts";

type Name = NonNullable<Subject["server"]>;
const kinds: Readonly<Record<Name, ServerKind>> = { postgres, redis };

/** The servers of a run. */
export interface Servers {
  /** By name, its version and settings; one that is not to be had is not in it. */
  readonly about: Readonly<Record<string, Readonly<Record<string, string>>>>;
  stop(): Promise<void>;
}

/** Starts what the subjects need, as far as this machine has it. Servers end with this process, however that ends. */
export async function startServers(subjects: readonly Subject[]): Promise<Servers> {
  const about: Record<string, Readonly<Record<string, string>>> = {};
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(stops.map((each) => each())));
  try {
    for (const name of new Set(subjects.flatMap(({ server }) => server ?? []))) {
      const url = await urlOf(name, stops);
      if (url !== undefined) about[name] = await kinds[name].describe(url);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { about, stop };
}

/** Why nothing can be measured on this server; undefined when it runs. */
export function missingServer(name: Name): string | undefined {
  const { variable, missing } = kinds[name];
  return process.env[variable] === undefined ? missing : undefined;
}

/** The server that the environment names, or else a private one, which is named there from now on. */
async function urlOf(name: Name, stops: (() => Promise<void>)[]): Promise<string | undefined> {
  const { variable, programs, url } = kinds[name];
  if (process.env[variable] !== undefined) return process.env[variable];
  const folder = await programs();
  if (folder === undefined) return undefined;
  const { port, password, stop } = await keep(name, folder);
  stops.push(() => {
    delete process.env[variable];
    return stop();
  });
  return (process.env[variable] = url(port, password));
}
