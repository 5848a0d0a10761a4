import type { Subject } from "../subject.ts";
import { agenda } from "./agenda.ts";
import { anyqueue } from "./anyqueue.ts";
import { anyqueueSnapshot } from "./anyqueue-snapshot.ts";
import { beeQueue } from "./bee-queue.ts";
import { boringnode } from "./boringnode.ts";
import { bullmq } from "./bullmq.ts";
import { floorFdatasync } from "./floor-fdatasync.ts";
import { floorMemory } from "./floor-memory.ts";
import { floorPostgres } from "./floor-postgres.ts";
import { floorRedis } from "./floor-redis.ts";
import { floorSqlite } from "./floor-sqlite.ts";
import { graphileWorker } from "./graphile-worker.ts";
import { liteque } from "./liteque.ts";
import { pgBoss } from "./pg-boss.ts";
import { plainjob } from "./plainjob.ts";
import { platformatic } from "./platformatic.ts";
import { sidequest } from "./sidequest.ts";

/** Our backends, each behind its floor. */
export const ours: readonly Subject[] = [
  floorFdatasync,
  floorSqlite("full"),
  anyqueue("sqlite", "full"),
  floorSqlite("normal"),
  anyqueue("sqlite", "normal"),
  floorPostgres("plain", "on"),
  floorPostgres("merged", "on"),
  anyqueue("postgres", "on"),
  anyqueue("postgres", "on", { keepsNone: true }),
  floorPostgres("merged", "off"),
  anyqueue("postgres", "off"),
  floorMemory("array"),
  floorMemory("heap"),
  anyqueue("memory"),
  anyqueueSnapshot,
];

/** Queues of others, for `--with`. */
export const others: readonly Subject[] = [
  plainjob,
  liteque,
  boringnode("sqlite"),
  sidequest("sqlite"),
  graphileWorker,
  pgBoss,
  bullmq("postgres"),
  boringnode("postgres"),
  agenda,
  sidequest("postgres"),
  floorRedis,
  bullmq("redis"),
  beeQueue,
  platformatic("redis"),
  platformatic("memory"),
];

/**
 * The queues of others that go by this name (`bullmq` is both `bullmq redis` and `bullmq postgres`), with the floor that
 * stands for what they run on, where it is not among our own.
 */
export function othersNamed(name: string): readonly Subject[] {
  const found = others.filter((subject) => subject.name === name || subject.name.startsWith(`${name} `));
  return others.filter((subject) => found.some(({ floor }) => floor === subject.name) || found.includes(subject));
}

/** The subject of this name. */
export function subjectNamed(name: string): Subject {
  const found = [...ours, ...others].find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`There is no subject ${name}.`);
  return found;
}
