import { type CasOutcome, type Change, decide, takesKeyAgain } from "@anyqueue/api";
import { change as write } from "./change.ts";
import { finish } from "./finish.ts";
import { followUp } from "./follow-up.ts";
import { spawn } from "./insert.ts";
import { type JobRow, storedOf } from "./rows.ts";
import type { Transaction } from "./transaction.ts";
import { holderOf, takeKey } from "./unique-keys.ts";

/** Applies each change or tells why not (P12). What workers do most, finishing jobs, is one statement for all of them. */
export function cas(tx: Transaction, changes: readonly Change[], now: number): CasOutcome[] {
  const spawned = new Set(changes.flatMap((change) => change.spawn?.map(({ id }) => id) ?? []));
  // A change may look at what another one spawns; then they have to be taken one after the other.
  if (spawned.size > 0 && changes.length > 1 && changes.some(({ id }) => spawned.has(id))) {
    return changes.flatMap((change) => cas(tx, [change], now));
  }
  const finished = finish(tx, changes, now);
  const others = finished.size === 0 ? changes : changes.filter(({ id }) => !finished.has(id));
  const outcomes = decideAll(tx, others, now);
  followUp(tx, now);
  return changes.map((change): CasOutcome => {
    const version = finished.get(change.id);
    if (version !== undefined) return { status: "ok", version };
    const outcome = outcomes.get(change.id) ?? { status: "missing" };
    if (outcome.status !== "ok" || change.spawn === undefined) return outcome;
    return { ...outcome, spawned: spawn(tx, change.spawn, now) };
  });
}

/** Reads the jobs together, decides about them one by one in JavaScript, and writes what was decided. */
function decideAll(tx: Transaction, changes: readonly Change[], now: number): ReadonlyMap<string, CasOutcome> {
  const outcomes = new Map<string, CasOutcome>();
  if (changes.length === 0) return outcomes;
  const rows = read(tx, changes);
  const renewed: (readonly [seq: number, until: number])[] = [];
  for (const change of changes) outcomes.set(change.id, apply(tx, rows.get(change.id), change, now, renewed));
  // A worker sends many renewals alike.
  if (renewed.length > 0) tx.sql.renew.run(JSON.stringify(renewed));
  return outcomes;
}

/** The payloads stay unread unless an expectation looks at them. */
function read(tx: Transaction, changes: readonly Change[]): ReadonlyMap<string, JobRow> {
  const ids = JSON.stringify(changes.map(({ id }) => id));
  const looksInside = changes.some(({ expect }) => expect.where !== undefined);
  const rows = looksInside ? tx.sql.findAll.all(ids) : tx.sql.findHot.all(ids);
  return new Map(rows.map((row) => [row[1], row]));
}

function apply(
  tx: Transaction,
  row: JobRow | undefined,
  change: Change,
  now: number,
  renewed: (readonly [seq: number, until: number])[],
): CasOutcome {
  if (row === undefined) return { status: "missing" };
  const before = storedOf(row);
  const decision = decide(before.job, change, now);
  if (decision.job === undefined) return decision.outcome;
  const { job, outcome, events, requeue } = decision;
  if (decision.renewal) {
    renewed.push([before.seq, job.lease?.until ?? 0]);
    return outcome;
  }
  if (takesKeyAgain(before.job, job, now)) {
    const holder = holderOf(tx, job, now);
    if (holder !== undefined) return { status: "duplicate", id: holder.id };
    takeKey(tx, job);
  }
  const { payload, unique } = change.set;
  const withoutKey = unique === null && before.job.unique !== undefined;
  write(tx, before, job, now, { events, requeue, withoutKey, ...(payload !== undefined && { payload }) });
  return outcome;
}
