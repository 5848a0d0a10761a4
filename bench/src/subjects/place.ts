import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { onServer } from "../servers/postgres.ts";
import { onRedisServer } from "../servers/redis.ts";
import type { Session, Subject } from "../subject.ts";
import { scratch } from "./scratch.ts";

/** Where one store is, and how it is got rid of. */
interface Place {
  readonly address: string;
  remove(): Promise<unknown>;
}

/** Opens a store at an address, which another process may have opened before. */
export type Connect = (address: string, isNew: boolean) => Promise<Session>;

const places = {
  file: async (): Promise<Place> => {
    const folder = await scratch();
    return { address: join(folder.path, "queue.db"), remove: () => folder.remove() };
  },
  schema: async (): Promise<Place> => {
    const address = newName();
    await onServer((client) => client.query(`create schema ${address}`));
    return { address, remove: () => onServer((client) => client.query(`drop schema ${address} cascade`)) };
  },
  /** What all keys on Redis begin with. */
  prefix: async (): Promise<Place> => {
    const address = newName();
    return { address, remove: () => onRedisServer((client) => client.eval(DROP, 0, address)) };
  },
};

/** How a queue is opened whose stores each have a place of their own, and can be joined there. */
export function at(kind: keyof typeof places, connect: Connect): Required<Pick<Subject, "open" | "join">> {
  return {
    join: (address) => connect(address, false),
    open: async () => {
      const place = await places[kind]();
      try {
        const session = await connect(place.address, true);
        const close = async (): Promise<void> => {
          await session.close();
          await place.remove();
        };
        return { ...session, address: place.address, close };
      } catch (error) {
        await place.remove();
        throw error;
      }
    },
  };
}

/** A name that no other store of a server has. */
function newName(): string {
  return `bench_${randomBytes(6).toString("hex")}`;
}

const DROP = `
  local cursor = '0'
  repeat
    local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1] .. '*', 'COUNT', 10000)
    cursor = page[1]
    for first = 1, #page[2], 5000 do
      redis.call('UNLINK', unpack(page[2], first, math.min(first + 4999, #page[2])))
    end
  until cursor == '0'`;
