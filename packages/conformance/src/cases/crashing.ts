import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter, Job } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { present, same, status } from "../check.ts";
import type { Call } from "../history/call.ts";
import { idsIn } from "../history/calls-of-job.ts";
import { type Checked, checkHistory } from "../history/check-history.ts";
import { record } from "../history/record.ts";
import { crashable, sharedByStoppable } from "../needs.ts";
import { Helper } from "../processes/helper.ts";
import { SECOND, T0 } from "../time.ts";
import { Chance } from "../traffic/chance.ts";
import { Client } from "../traffic/client.ts";
import { ADDING, CHANGING, CLAIMING, EVERYTHING, type Mix, RESCUING } from "../traffic/mix.ts";
import { bringToRest } from "../traffic/rest.ts";
import { STAGE, Turmoil } from "../traffic/turmoil.ts";
import type { Trial } from "../trial.ts";

/** What the processes of a round do: first some of everything, then what makes them meet. */
const MIXES: readonly Mix[] = [EVERYTHING, CLAIMING, CHANGING, ADDING, RESCUING];
/** How long a call may take that a crash met, in milliseconds; it may never be answered. */
const GRACE = SECOND;
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
      const begin = performance.now();
      for (let round = 0; round === 0 || performance.now() - begin < t.budgetMs; round++) {
        t.tally(await runTurmoil(t, `turmoil${round}`, round));
      }
    },
  },
  {
    promise: "P1",
    scenarios: ["S74"],
    title: "loses, invents and doubles nothing when a handle crashes in the middle of a random load",
    needs: crashable,
    isOpenEnded: true,
    async run(t) {
      const begin = performance.now();
      const isAlone = t.adapter.capabilities.scope === "process";
      const others = isAlone ? [] : [t.adapter];
      let victim = isAlone ? t.adapter : await t.reopen();
      for (let round = 0; round === 0 || performance.now() - begin < t.budgetMs; round++) {
        const lane = `crash${round}`;
        const calls = await crashUnderLoad(t, [victim, ...others], lane, t.seed + round);
        // Where a handle is all there is, the next one comes after the crash.
        victim = await t.reopen();
        const survivor = record(victim, "last", calls);
        t.tally(checkHistory(calls, await bringToRest(survivor, lane, idsIn(calls), T0 + STAGE)));
      }
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

/** In a lane of its own, so that no history gets long. */
async function runTurmoil(t: Trial, lane: string, round: number): Promise<Checked> {
  const mix = MIXES[round % MIXES.length] ?? EVERYTHING;
  const turmoil = new Turmoil(t.connection(), lane, { seed: t.seed + round, mix });
  let now = T0;
  try {
    now = await turmoil.run(T0);
    await turmoil.end();
  } finally {
    await turmoil.kill();
  }
  const { calls } = turmoil;
  return checkHistory(calls, await bringToRest(record(t.adapter, "last", calls), lane, idsIn(calls), now));
}

/** Clients on all handles use a lane until the first one crashes; those on the others go on. Answers what they called. */
async function crashUnderLoad(t: Trial, handles: readonly Adapter[], lane: string, seed: number): Promise<Call[]> {
  const calls: Call[] = [];
  const [victim = t.adapter] = handles;
  const crash = new AbortController();
  const loads = ["a", "b", "c", "d"].map((name, i) => {
    const handle = handles[i % handles.length] ?? victim;
    const isVictim = handle === victim;
    const plan = { name, seed: seed * 100 + i, lane, mix: EVERYTHING, known: 4, ...(isVictim && { isPatient: true }) };
    const client = new Client(record(handle, name, calls), plan);
    return { isVictim, ended: client.run({ now: T0, calls: 40 }, isVictim ? crash.signal : undefined) };
  });
  const all = Promise.all(loads.map(({ ended }) => ended));
  let isOver = false;
  // Whoever awaits them below sees the failure.
  all.catch(() => {}).finally(() => (isOver = true));
  const calledEnough = new Chance(seed).upTo(100);
  while (!isOver && calls.length < calledEnough) await new Promise(setImmediate);
  // Nobody calls a handle that has crashed. What is under way on it may be answered or not.
  crash.abort();
  await t.crash(victim);
  const [met, spared] = [true, false].map((wanted) => loads.filter(({ isVictim }) => isVictim === wanted));
  await Promise.all((spared ?? []).map(({ ended }) => ended));
  await Promise.race([Promise.all((met ?? []).map(({ ended }) => ended)), sleep(GRACE)]);
  return calls;
}

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
