import { type At, type CasOutcome, type Change, isRenewal, isTerminal, type Job, laneOf, matches } from "@anyqueue/api";
import { get } from "./get.ts";
import { heard, heed, type Told } from "./told.ts";
import { boxed, isShaped, toGiven } from "./rows.ts";
import type { Write } from "./write.ts";

/** A change and its place in the call. */
interface Placed {
  readonly place: number;
  readonly change: Change;
}

/** Applies each change or tells why not (P12). What workers do most, finishing and renewing, goes as one statement each. */
export async function cas(write: Write, changes: readonly Change[], at: At<unknown>): Promise<CasOutcome[]> {
  const placed = changes.map((change, place): Placed => ({ place, change }));
  const outcomes: CasOutcome[] = [];
  const spawned = new Set(changes.flatMap((change) => change.spawn?.map(({ id }) => id) ?? []));
  // A change may look at what another one spawns, and successors may be refused with the whole call; then the changes have
  // to be taken one after the other, in one step.
  const areOrdered =
    spawned.size > 0 && changes.some(({ id, spawn }) => spawned.has(id) || spawn?.some((child) => child.dependsOn));
  const finishing = areOrdered ? [] : placed.filter(({ change }) => isPlainFinish(change));
  const renewing = areOrdered ? [] : placed.filter(({ change }) => isPlainRenewal(change));
  await settle(write, finishing, at, outcomes);
  await renew(write, renewing, at, outcomes);
  const others = placed.filter(({ place }) => outcomes[place] === undefined);
  if (others.length > 0) await decideAll(write, others, at, outcomes);
  return outcomes;
}

/** What a worker sends for a job that is done: `expect: { token }, set: { state, result? }`. */
function isPlainFinish({ expect, set, event, spawn }: Change): boolean {
  if (event !== undefined || spawn !== undefined || set.state === undefined || !isTerminal(set.state)) return false;
  for (const field in set) if (field !== "state" && field !== "result") return false;
  return isFencedOnly(expect);
}

function isPlainRenewal(change: Change): boolean {
  return isRenewal(change) && isFencedOnly(change.expect);
}

function isFencedOnly(expect: Change["expect"]): boolean {
  for (const field in expect) if (field !== "token") return false;
  return expect.token !== undefined;
}

/** What was done, as `[place from 1, version, asked to stop]`. */
type Done = readonly (readonly [place: number, version: number, cancelRequested: boolean | null])[];

async function settle(write: Write, placed: readonly Placed[], at: At<unknown>, outcomes: CasOutcome[]): Promise<void> {
  if (placed.length === 0) return;
  const sorted = inLockOrder(placed);
  const done = (await write.settle([
    sorted.map(({ change }) => change.id),
    sorted.map(({ change }) => change.expect.token),
    sorted.map(({ change }) => change.set.state),
    sorted.map(({ change }) => (change.set.result === undefined ? null : JSON.stringify(change.set.result))),
    at.now ?? null,
    write.durability,
  ])) as Told<Done> | Done | null;
  record(sorted, heard(write, done), outcomes, ({ id }) => write.hints.job(id));
}

async function renew(write: Write, placed: readonly Placed[], at: At<unknown>, outcomes: CasOutcome[]): Promise<void> {
  if (placed.length === 0) return;
  const sorted = inLockOrder(placed);
  const done = (await write.answer(write.sql.renew, [
    sorted.map(({ change }) => change.id),
    sorted.map(({ change }) => change.expect.token),
    sorted.map(({ change }) => change.set.leaseMs),
    at.now ?? null,
    write.durability,
  ])) as Done | null;
  record(sorted, done, outcomes, () => undefined);
}

function record(sorted: readonly Placed[], done: Done | null, outcomes: CasOutcome[], tell: (change: Change) => void) {
  for (const [n, version, cancelRequested] of done ?? []) {
    const placed = sorted[n - 1];
    if (placed === undefined) continue;
    outcomes[placed.place] = { status: "ok", version, ...(cancelRequested === true && { cancelRequested }) };
    tell(placed.change);
  }
}

/** Rows are always locked in the order of their ids, so that two calls about the same jobs cannot wait for each other. */
function inLockOrder(placed: readonly Placed[]): readonly Placed[] {
  return placed.toSorted((a, b) => (a.change.id < b.change.id ? -1 : 1));
}

/** What the function `cas` answers of one change. */
type Verdict =
  | Exclude<CasOutcome, { status: "ok" }>
  | { readonly status: "again" }
  | {
      readonly status: "ok";
      readonly version: number;
      readonly state: string;
      readonly held: boolean;
      readonly renews: boolean;
      readonly cancelRequested: boolean | null;
      readonly spawned: readonly string[] | null;
      readonly ready: readonly string[] | null;
      readonly finished: readonly string[] | null;
    };

/** The rest is decided by the function `cas`. A job that changed since a predicate was tested on it is looked at again. */
async function decideAll(
  write: Write,
  placed: readonly Placed[],
  at: At<unknown>,
  outcomes: CasOutcome[],
): Promise<void> {
  for (let open = placed; open.length > 0;) {
    const seen = await readTested(write, open);
    const given = JSON.stringify(open.map(({ change }) => toAsked(change, seen.get(change.id))));
    const verdicts = (await write.answer(write.sql.cas, [given, at.now ?? null, write.durability])) as Verdict[];
    const again: Placed[] = [];
    for (const [i, each] of open.entries()) {
      const verdict = verdicts[i] ?? { status: "again" };
      if (verdict.status === "again") again.push(each);
      else outcomes[each.place] = toOutcome(write, each.change, verdict);
    }
    open = again;
  }
}

/** The jobs on which a predicate has to be tested, which only JavaScript does (P9). */
async function readTested(write: Write, placed: readonly Placed[]): Promise<ReadonlyMap<string, Job>> {
  const ids = placed.filter(({ change }) => change.expect.where !== undefined).map(({ change }) => change.id);
  if (ids.length === 0) return new Map();
  const jobs = await get(write, write.sql, ids);
  return new Map(jobs.flatMap((job) => (job === null ? [] : [[job.id, job]])));
}

function toAsked({ id, expect, set, event, spawn }: Change, seen: Job | undefined): object {
  const { state, token, version, where } = expect;
  const { progress, payload, result } = set;
  return {
    id,
    token,
    version,
    states: typeof state === "string" ? [state] : state,
    seen: where === undefined ? undefined : (seen?.version ?? 0),
    fails: where === undefined || seen === undefined ? undefined : !matches(where, seen),
    set: { ...set, progress: boxed(progress), payload: boxed(payload), result: boxed(result) },
    event: boxed(event),
    spawn: spawn?.map(toGiven),
    shaped: spawn?.some(isShaped),
    entered: spawn && [...new Set(spawn.map((child) => child.lane))],
  };
}

function toOutcome(write: Write, { id, spawn }: Change, verdict: Exclude<Verdict, { status: "again" }>): CasOutcome {
  if (verdict.status !== "ok") return verdict;
  const { version, state, held, renews, cancelRequested, spawned } = verdict;
  heed(write, verdict);
  if (isTerminal(state)) write.hints.job(id);
  else if (!held && !renews) write.hints.lane(laneOf(id));
  for (const child of spawn ?? []) write.hints.lane(child.lane);
  return {
    status: "ok",
    version,
    ...(cancelRequested === true && { cancelRequested }),
    ...(spawned !== null && { spawned }),
  };
}
