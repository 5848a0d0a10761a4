import type { Adapter } from "@anyqueue/api";
import type { Case, PromiseNumber } from "../case.ts";
import type { Call } from "../history/call.ts";
import { idsIn } from "../history/calls-of-job.ts";
import { type Checked, checkHistory } from "../history/check-history.ts";
import { record } from "../history/record.ts";
import { SECOND, T0 } from "../time.ts";
import { Client } from "../traffic/client.ts";
import { ADDING, CHANGING, CLAIMING, type Mix, RESCUING } from "../traffic/mix.ts";
import { bringToRest } from "../traffic/rest.ts";
import type { Trial } from "../trial.ts";

/** So many clients of one process call at the same time, on up to three handles. */
const CLIENTS = ["a", "b", "c", "d", "e", "f"];
const HANDLES = 3;
/** What a client does in a round, and at how many times of the store: leases end between them. */
const CALLS = 12;
const STAGES = 4;

/**
 * What only shows when many call at once. Every call is recorded, and an order has to explain all that was answered. All of
 * them are in one process, so that what a handle does in one go without waiting meets no other; those of several
 * processes meet under P1.
 */
export const racing: readonly Case[] = [
  race("P6", "gives no job to two holders when many poll, settle and take over at the same time", CLAIMING),
  race("P12", "answers changes that race as if they had come one after another", CHANGING),
  race("P3", "adds a job once when many add, and some remove, the same one at the same time", ADDING),
  race(
    "P15",
    "counts a lease that ended once, and refuses its holder, however many take over and settle at once",
    RESCUING,
  ),
];

function race(promise: PromiseNumber, title: string, mix: Mix): Case {
  return {
    promise,
    title,
    isOpenEnded: true,
    async run(t) {
      const begin = performance.now();
      const handles = await handlesOf(t);
      for (let round = 0; round === 0 || performance.now() - begin < t.budgetMs; round++) {
        t.tally(await runRound(handles, `race${round}`, t.seed + round, mix));
      }
    },
  };
}

/** In a lane of its own, so that no history gets long. */
async function runRound(handles: readonly Adapter[], lane: string, seed: number, mix: Mix): Promise<Checked> {
  const calls: Call[] = [];
  const clients = CLIENTS.map((name, i) => {
    const adapter = record(handles[i % handles.length] as Adapter, name, calls);
    return new Client(adapter, { name, seed: seed * 100 + i, lane, mix, known: 4 });
  });
  for (let stage = 0; stage < STAGES; stage++) {
    const now = T0 + stage * 10 * SECOND;
    await Promise.all(clients.map((client) => client.run({ now, calls: CALLS })));
  }
  const last = record(handles[0] as Adapter, "last", calls);
  return checkHistory(calls, await bringToRest(last, lane, idsIn(calls), T0 + STAGES * 10 * SECOND));
}

async function handlesOf(t: Trial): Promise<Adapter[]> {
  const handles = [t.adapter];
  while (t.adapter.capabilities.scope !== "process" && handles.length < HANDLES) handles.push(await t.reopen());
  return handles;
}
