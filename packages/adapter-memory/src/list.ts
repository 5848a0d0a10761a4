import { CANDIDATE_BOUND, decodeCursor, encodeCursor, isPlace, matches, matchesTypes, shownState } from "@anyqueue/api";
import type { Job, JobQuery, Page } from "@anyqueue/api";
import { unseal } from "./entry.ts";
import type { Entry } from "./entry.ts";
import type { Shelf } from "./shelf.ts";
import { merge, smallest } from "./merge.ts";
import { byFinish, byInsertion, byRank } from "./orders.ts";
import type { Finished, Inserted, Ranked } from "./orders.ts";
import type { Compare } from "./sorted-set.ts";
import type { State } from "./state.ts";

/** A place in any of the orders. */
type Place = Inserted & Ranked & Finished;

const ORDERS = { inserted: byInsertion, poll: byRank, finished: byFinish } as const;

/** Lists jobs, a page at a time. A page ends early when too many candidates were looked at. */
export function list(state: State, query: JobQuery): Page<Job> {
  const now = state.now(query.now);
  const place = readCursor(query);
  const items: Job[] = [];
  const bound = Math.max(CANDIDATE_BOUND, query.limit);
  let looked = 0;
  let last: Entry | undefined;
  for (const entry of candidates(state, query, place)) {
    if (last && (items.length === query.limit || looked === bound)) return { items, after: writeCursor(query, last) };
    if (accepts(entry, query, now)) items.push(unseal(entry.job));
    looked++;
    last = entry;
  }
  return { items };
}

/** What may be on the page, in order. */
function candidates(state: State, query: JobQuery, place: Place | undefined): Iterable<Entry> {
  const { order = "inserted", limit, group } = query;
  const enough = limit + CANDIDATE_BOUND + 1;
  if (group !== undefined) {
    const members = state.jobs.group(group);
    if (members === undefined) return [];
    return order === "inserted" ? members.after(place) : behind(members.after(), place, order, enough);
  }
  const streams: Iterable<Entry>[] = [];
  for (const shelf of shelves(state, query)) {
    if (order === "inserted") streams.push(shelf.all.after(place));
    else if (order === "finished") streams.push(shelf.finished.after(place));
    else streams.push(shelf.ready.after(place), behind(unready(shelf), place, order, enough));
  }
  return merge(streams, ORDERS[order]);
}

function* shelves(state: State, { lanes = [...state.jobs.lanes.keys()], states }: JobQuery): Iterable<Shelf> {
  const names = states && new Set(states.map((name) => (name === "delayed" ? "waiting" : name)));
  for (const name of new Set(lanes)) {
    const lane = state.jobs.lanes.get(name);
    if (lane === undefined) continue;
    for (const [own, shelf] of lane.shelves) if (names === undefined || names.has(own)) yield shelf;
  }
}

/** Only what is ready is kept in poll order; the rest is put in order when somebody asks. */
function* unready(shelf: Shelf): Iterable<Entry> {
  if (shelf.all.size === shelf.ready.size) return;
  for (const entry of shelf.all.after()) if (!entry.ready) yield entry;
}

/** The first jobs behind a place, of jobs that are not kept in this order. */
function behind(
  entries: Iterable<Entry>,
  place: Place | undefined,
  order: keyof typeof ORDERS,
  count: number,
): Entry[] {
  const { compare }: { compare: Compare<Place> } = ORDERS[order];
  return smallest(
    filter(entries, (entry) => place === undefined || compare(entry, place) > 0),
    count,
    compare,
  );
}

function* filter<T>(items: Iterable<T>, fits: (item: T) => boolean): Iterable<T> {
  for (const item of items) if (fits(item)) yield item;
}

function accepts({ job }: Entry, { lanes, states, types, where, order }: JobQuery, now: number): boolean {
  if (order === "finished" && job.finishedAt === undefined) return false;
  if (lanes && !lanes.includes(job.lane)) return false;
  if (states && !states.includes(shownState(job, now))) return false;
  if (!matchesTypes(types, job.type)) return false;
  return where === undefined || matches(where, unseal(job));
}

function writeCursor(
  { order = "inserted" }: JobQuery,
  { seq, job: { priority, runAt, finishedAt = 0 } }: Entry,
): string {
  const place = { inserted: [seq], poll: [priority, runAt, seq], finished: [finishedAt, seq] }[order];
  return encodeCursor(`list/${order}`, place);
}

function readCursor({ order = "inserted", after }: JobQuery): Place | undefined {
  if (after === undefined) return undefined;
  const numbers = decodeCursor(`list/${order}`, after, isPlace({ inserted: 1, poll: 3, finished: 2 }[order]));
  const [priority = 0, runAt = 0] = order === "poll" ? numbers : [];
  const [finishedAt = 0] = order === "finished" ? numbers : [];
  return { seq: numbers.at(-1) ?? 0, job: { priority, runAt, finishedAt } };
}
