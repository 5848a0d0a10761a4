import { setTimeout as delay } from "node:timers/promises";
import { QueueError } from "@anyqueue/api";
import type { ServerTraits } from "./machine.ts";
import { install } from "./on-demand.ts";
import { keep } from "./servers/kept.ts";
import { kinds, type ServerName } from "./servers/kinds.ts";
import type { ServerKind } from "./servers/server-kind.ts";
import type { Subject } from "./subject.ts";

/** A server that was just started has until then to answer. */
const START_MS = 30_000;

/** The servers of a run. */
export interface Servers {
  /** Those that answer, by name. */
  readonly about: Readonly<Partial<Record<ServerName, ServerTraits>>>;
  /** Why nothing can be measured on the others. */
  readonly missing: Readonly<Partial<Record<ServerName, string>>>;
  stop(): Promise<void>;
}

/**
 * Starts what the subjects need, as far as this machine has it. Servers end with this process, however that ends.
 *
 * @throws QueueError `INVALID` or `UNAVAILABLE` if the environment names a server that cannot be measured on.
 */
export async function startServers(subjects: readonly Subject[]): Promise<Servers> {
  const about: Partial<Record<ServerName, ServerTraits>> = {};
  const missing: Partial<Record<ServerName, string>> = {};
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(stops.map((each) => each())));
  try {
    for (const name of new Set(subjects.flatMap(({ server }) => server ?? []))) {
      const { variable, client, programs, missing: nowhere } = kinds[name];
      const hindrance = client && (await install(client));
      const named = process.env[variable];
      const folder = named ? undefined : await programs();
      if (hindrance !== undefined) missing[name] = hindrance;
      else if (named) about[name] = await describeYours(kinds[name], named);
      else if (folder === undefined) missing[name] = nowhere;
      else about[name] = await describeOurs(kinds[name], await start(name, folder, stops));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { about, missing, stop };
}

/** A private server, which is named in the environment from now on. */
async function start(name: ServerName, folder: string, stops: (() => Promise<void>)[]): Promise<string> {
  const { variable, url } = kinds[name];
  const { port, password, stop } = await keep(name, folder);
  stops.push(() => {
    delete process.env[variable];
    return stop();
  });
  return (process.env[variable] = url(port, password));
}

/** Asks until it answers, since it begins only now. */
async function describeOurs(kind: ServerKind, url: string): Promise<ServerTraits> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return { whose: "of this run", ...(await kind.describe(url)) };
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}

async function describeYours(kind: ServerKind, url: string): Promise<ServerTraits> {
  const { variable, example, protocols } = kind;
  // What is no address may still hold a password, so it is not shown.
  if (!URL.canParse(url) || !protocols.includes(new URL(url).protocol)) {
    throw new QueueError("INVALID", `${variable} is no address such as ${example}.`);
  }
  try {
    return { whose: "yours", ...(await kind.describe(url)) };
  } catch (cause) {
    throw new QueueError(
      "UNAVAILABLE",
      `The server that ${variable} names, ${withoutPassword(url)}, cannot be measured on: ${(cause as Error).message}. ` +
        "Start it or correct the variable; without it, a server is started for the run.",
      { cause },
    );
  }
}

function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
