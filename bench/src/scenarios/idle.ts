import { setTimeout as delay } from "node:timers/promises";
import type { Readings, Scenario } from "../scenario.ts";
import { Counters } from "../servers/counters.ts";
import { onStore, type Session } from "../subject.ts";
import { onServer } from "../servers/postgres.ts";

/** For what a worker does once, when it begins. */
const SETTLE_MS = 1000;

/** What a worker without work costs. */
export const idle: Scenario = {
  name: "idle",
  about: "what a worker that has nothing to do costs Postgres and its own process, per minute",
  plot: { kind: "none" },
  suits: ({ server }) => server === "postgres",
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
  await delay(settleMs);
  return onServer(async (client) => {
    const counters = await Counters.start(client);
    const cpu = process.cpuUsage();
    const { statements, walBytes } = await counters.during(() => delay(seconds * 1000));
    const { user, system } = process.cpuUsage(cpu);
    await counters.stop();
    await stop();
    const perMinute = (value: number): number => (value * 60) / seconds;
    return {
      statements: statements === undefined ? undefined : perMinute(statements),
      WAL: perMinute(walBytes),
      "CPU of the process": perMinute((user + system) / 1000),
    };
  });
}
