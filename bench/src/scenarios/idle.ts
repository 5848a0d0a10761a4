import { setTimeout as delay } from "node:timers/promises";
import type { Scenario } from "../scenario.ts";
import { Counters } from "../servers/counters.ts";
import { onServer } from "../subjects/postgres-schema.ts";
import { table } from "../tables.ts";

/** For what a worker does once, when it begins. */
const SETTLE_MS = 1000;

/** What a worker without work costs. */
export const idle: Scenario = {
  name: "idle",
  about: "what a worker that has nothing to do costs Postgres and its own process, per minute",
  suits: ({ name }) => /postgres|graphile|pg-boss/.test(name),
  run: async (subjects, { smoke, seconds = smoke ? 0.5 : 20, note }) => {
    const data = await onServer(async (client) => {
      const counters = await Counters.start(client);
      const found: { subject: string; statements: number | undefined; walBytes: number; cpuMs: number }[] = [];
      for (const subject of subjects) {
        note(`idle: ${subject.name}`);
        const session = await subject.open();
        const stop = await session.work?.(() => undefined);
        await delay(smoke ? 100 : SETTLE_MS);
        const cpu = process.cpuUsage();
        const { statements, walBytes } = await counters.during(() => delay(seconds * 1000));
        const { user, system } = process.cpuUsage(cpu);
        const perMinute = (value: number): number => (value * 60) / seconds;
        found.push({
          subject: subject.name,
          statements: statements === undefined ? undefined : perMinute(statements),
          walBytes: perMinute(walBytes),
          cpuMs: perMinute((user + system) / 1000),
        });
        await stop?.();
        await session.close();
      }
      await counters.stop();
      return found;
    });
    const rows = data.map(({ subject, statements, walBytes, cpuMs }) => [
      subject,
      statements?.toFixed(1) ?? "–",
      Math.round(walBytes).toLocaleString("en"),
      `${Math.round(cpuMs)} ms`,
    ]);
    return { tables: [table(["subject", "statements", "WAL bytes", "CPU of the process"], rows)], data };
  },
};
