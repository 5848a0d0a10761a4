import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { Readings, Scenario } from "../scenario.ts";
import { Counters } from "../servers/counters.ts";
import { hindranceIn, onServer } from "../servers/postgres.ts";
import { onStore, type Session } from "../subject.ts";

/** For what a worker does once, when it begins. */
const SETTLE_MS = 1000;

/** What a worker without work costs. */
export const idle: Scenario = {
  name: "idle",
  about: "what a worker that has nothing to do costs Postgres and its own process, per minute",
  plot: { kind: "none" },
  suits: ({ server }) => server === "postgres",
  lacks: ({ postgres }) => hindranceIn(postgres),
  cases: ({ smoke, seconds = smoke ? 0.5 : 20 }) => [
    {
      metrics: { statements: "statements/min", WAL: "bytes/min", "CPU of the process": "CPU ms/min" },
      run: (subject) => onStore(subject, (session) => measure(session, seconds, smoke ? 100 : SETTLE_MS)),
    },
  ],
};

async function measure(session: Session, seconds: number, settleMs: number): Promise<Readings> {
  const stop = await session.work?.(() => undefined);
  if (stop === undefined) return {};
  try {
    await delay(settleMs);
    return await onServer((client) => costOf(client, seconds));
  } finally {
    await stop();
  }
}

async function costOf(client: Client, seconds: number): Promise<Readings> {
  await using counters = await Counters.start(client);
  const cpu = process.cpuUsage();
  const { statements, walBytes } = await counters.during(() => delay(seconds * 1000));
  const { user, system } = process.cpuUsage(cpu);
  const perMinute = (value: number): number => (value * 60) / seconds;
  return {
    statements: statements === undefined ? undefined : perMinute(statements),
    WAL: perMinute(walBytes),
    "CPU of the process": perMinute((user + system) / 1000),
  };
}
