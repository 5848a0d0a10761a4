import { SAFEST_FIRST } from "./durability.ts";
import { isInMemory, type Machine } from "./machine.ts";
import type { Durability } from "./measurement.ts";
import type { Subject } from "./subject.ts";

/** Why less survives here than subjects promise. */
interface Limit {
  readonly atMost: Durability;
  readonly because: string;
  holdsFor(subject: Subject): boolean;
}

/** The subject with what really survives on this machine. Its floor is held to the same, so it stays its floor. */
export function asItSurvives(subject: Subject, machine: Machine): Subject {
  const durabilities = limitsOf(machine)
    .filter((limit) => limit.holdsFor(subject))
    .map(({ atMost }) => atMost);
  return { ...subject, durability: weakest([subject.durability, ...durabilities]) };
}

/** Everything on this machine because of which less survives than subjects promise. */
export function limitsOf({ disk, servers }: Machine): readonly Limit[] {
  const { postgres, redis } = servers;
  return [
    isInMemory(disk) && {
      atMost: "crash" as const,
      because:
        "The temporary folder is in memory, so nothing in it survives a loss of power. Set TMPDIR to a folder on a disk.",
      holdsFor: ({ server }: Subject) => server === undefined || servers[server]?.whose !== "yours",
    },
    postgres?.["fsync"] === "off" && {
      atMost: "crash" as const,
      because: "fsync is off on the Postgres server, so nothing there survives a loss of power.",
      holdsFor: ({ server }: Subject) => server === "postgres",
    },
    postgres?.["synchronous_commit"] === "off" && {
      atMost: "crash" as const,
      because: "synchronous_commit is off on the Postgres server, and queues of others leave it as it is.",
      holdsFor: ({ server, kind }: Subject) => server === "postgres" && kind === "other",
    },
    redis !== undefined &&
      redis["appendonly"] !== "yes" && {
        atMost: redis["save"] ? ("snapshot" as const) : ("none" as const),
        because: `The Redis server keeps no append-only file${redis["save"] ? "" : " and saves no snapshots"}.`,
        holdsFor: ({ server }: Subject) => server === "redis",
      },
  ].filter((limit) => limit !== false);
}

function weakest(durabilities: readonly Durability[]): Durability {
  return SAFEST_FIRST.findLast((each) => durabilities.includes(each)) ?? "none";
}
