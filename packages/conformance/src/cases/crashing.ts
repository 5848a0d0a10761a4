import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter, Job } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { present, same, status } from "../check.ts";
import type { Call } from "../history/call.ts";
import { idsIn } from "../history/calls-of-job.ts";
import { checkHistory } from "../history/check-history.ts";
import { record } from "../history/record.ts";
import { crashable, sharedByStoppable } from "../needs.ts";
import { Helper } from "../processes/helper.ts";
import { SECOND, T0 } from "../time.ts";
import { Chance } from "../traffic/chance.ts";
import { Client } from "../traffic/client.ts";
import { EVERYTHING } from "../traffic/mix.ts";
import { bringToRest } from "../traffic/rest.ts";
import { STAGE, Turmoil } from "../traffic/turmoil.ts";

/** Enough is enough: what so many rounds did not find, the next would hardly. */
const MOST_ROUNDS = 6;
/** How long a process may take that nobody has stopped; the machine may be busy. */
const PATIENCE = 30 * SECOND;

/** What is left when a process, a connection or the store's server dies, and what one may do that was gone for long. */
export const crashing: readonly Case[] = [
  {
    promise: "P1",
    scenarios: ["S15", "S74"],
    title: "loses, invents and doubles nothing while processes work at random, and are stopped and killed at random",
    needs: sharedByStoppable,
    isOpenEnded: true,
    async run(t) {
      const [begin, lane] = [performance.now(), "turmoil"];
      const turmoil = new Turmoil(t.connection(), lane, t.seed);
      let now = T0;
      try {
        for (let round = 0; round < MOST_ROUNDS; round++) {
          now = await turmoil.run(now);
          if (performance.now() - begin > t.budgetMs) break;
        }
        await turmoil.end();
      } finally {
        await turmoil.kill();
      }
      const { calls } = turmoil;
      const survivor = record(await t.reopen(), "last", calls);
      checkHistory(calls, await bringToRest(survivor, lane, idsIn(calls), now));
    },
  },
  {
    promise: "P1",
    scenarios: ["S74"],
    title: "loses, invents and doubles nothing when a handle crashes in the middle of a random load",
    needs: crashable,
    async run(t) {
      const lane = "crash";
      const calls: Call[] = [];
      const [victim, other] = [await t.reopen(), t.adapter];
      const clients = ["a", "b", "c", "d"].map((name, i) => {
        const adapter = record(i % 2 === 0 ? victim : other, name, calls);
        const plan = { name, seed: t.seed * 100 + i, lane, mix: EVERYTHING, known: 4, isPatient: true };
        return new Client(adapter, plan);
      });
      let isOver = false;
      const load = Promise.all(clients.map((client) => client.run({ now: T0, calls: 40 }))).finally(() => {
        isOver = true;
      });
      // Whoever awaits it below sees the failure.
      load.catch(() => {});
      const calledEnough = new Chance(t.seed).upTo(100);
      while (!isOver && calls.length < calledEnough) await new Promise(setImmediate);
      await t.crash(victim);
      await load;
      const survivor = record(await t.reopen(), "last", calls);
      checkHistory(calls, await bringToRest(survivor, lane, idsIn(calls), T0 + STAGE));
    },
  },
  {
    promise: "P13",
    scenarios: ["S71", "S115"],
    title: "refuses a process that was stopped until its lease had ended, and its job was done by another",
    needs: sharedByStoppable,
    async run(t) {
      const id = await t.add({}, {});
      const order = { do: "hold", lane: "main", leaseMs: 300, holder: "stopped" } as const;
      const helper = new Helper({ connection: t.connection(), ...order });
      try {
        await helper.ready;
        helper.go();
        await helper.tells(1);
        same(helper.ids, [id], "Another process did not get the one job that was due.");
        helper.stop();
        const rescued = await untilTakenOver(t.adapter);
        const back = { id, expect: { token: rescued.token }, set: { state: "waiting", delayMs: 0 } };
        status((await t.adapter.cas([back]))[0] ?? { status: "nothing" }, "ok", "A rescuer could not hand a job back.");
        const { jobs } = await t.adapter.poll({ lanes: ["main"], limit: 1, lease: { ms: PATIENCE, holder: "ann" } });
        const { token } = present(jobs[0], "A job that was handed back was not found.");
        const done = { id, expect: { token }, set: { state: "completed", result: "in time" } };
        status(
          (await t.adapter.cas([done]))[0] ?? { status: "nothing" },
          "ok",
          "The new holder could not complete it.",
        );
        const before = await t.read(id);
        helper.resume();
        helper.go();
        await helper.ended;
        same(
          helper.outcomes.map((outcome) => outcome.status),
          ["stale"],
          "A process that was stopped beyond its lease was not refused.",
        );
        same(
          await t.read(id),
          before,
          "A process that was stopped beyond its lease changed a job that others completed.",
        );
        same([before.result, before.attempt], ["in time", 2], "The job was not tried once by each.");
      } finally {
        helper.resume();
        await helper.kill();
      }
    },
  },
];

/** By the store's clock, which nobody moves. */
async function untilTakenOver(adapter: Adapter): Promise<Job> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const lease = { ms: PATIENCE, holder: "rescuer" };
    const { expired } = await adapter.poll({ lanes: ["main"], limit: 0, expired: 1, lease });
    if (expired[0]) return expired[0];
    await sleep(25);
  }
  throw new Error(`A lease of 300 ms had not ended after ${PATIENCE / SECOND} seconds.`);
}
