import {
  isOutdated,
  type LaneUse,
  matches,
  matchesTypes,
  opensAt,
  type PollRequest,
  type RemoveQuery,
  roomIn,
  withStarts,
} from "@anyqueue/api";
import type { JobLife } from "./job-life.ts";
import type { Entry, JobStore } from "./job-store.ts";

type Share = { readonly lane: string; readonly limit: number };

// In the polled state, held by nobody, and with the turn if it is in a line.
const OPEN = "lane = ? AND state = ? AND lease_until IS NULL AND (ordering_key IS NULL OR has_turn = 1)";

/** The jobs that a poll takes: lane by lane, in each lane in order, as many as asked for and as its limits allow. */
export function choose(store: JobStore, shares: readonly Share[], request: PollRequest, now: number): Entry[] {
  const chosen = new Map<string, Entry>();
  const rooms = new Map(shares.map(({ lane }) => [lane, roomIn(useOf(store, lane), now)]));
  for (const { lane, limit } of shares) {
    const room = rooms.get(lane) ?? 0;
    const most = Math.min(room, limit, request.limit - chosen.size);
    const taken: Entry[] = [];
    for (const entry of candidates(store, lane, request, now)) {
      if (taken.length >= most) break;
      if (!chosen.has(entry.job.id)) taken.push(entry);
    }
    for (const entry of taken) chosen.set(entry.job.id, entry);
    rooms.set(lane, room - taken.length);
  }
  return [...chosen.values()];
}

/** Counts jobs that begin against the rates of their lanes (P19). */
export function charge(store: JobStore, chosen: readonly Entry[], now: number): void {
  for (const name of new Set(chosen.map(({ job }) => job.lane))) {
    const { settings, bucket } = store.lane(name);
    const starts = chosen.filter(({ job }) => job.lane === name).length;
    if (settings.rate) store.putLane(name, { settings, bucket: withStarts(bucket, settings.rate, now, starts) });
  }
}

/** The jobs of these lanes whose lease has ended, the first to end first, also in paused lanes (P15). */
export function overdue(store: JobStore, lanes: readonly string[], limit: number, now: number): Entry[] {
  const sql = "WHERE lane IN (SELECT value FROM json_each(?)) AND lease_until <= ? ORDER BY lease_until LIMIT ?";
  return Array.from(store.jobs(sql, [JSON.stringify(lanes), now, limit]));
}

/** The first time at which a poll of these lanes could find something (P10). */
export function nextDueAt(store: JobStore, lanes: readonly string[], request: PollRequest, now: number): number | null {
  const times: unknown[] = [];
  for (const lane of lanes) {
    times.push(store.first("SELECT min(lease_until) AS time FROM job WHERE lane = ?", [lane])?.["time"]);
    const from = opensAt(useOf(store, lane), now);
    if (from === undefined) continue;
    const due = `SELECT max(run_at, ?) AS time FROM job WHERE ${OPEN} ORDER BY run_at LIMIT 1`;
    times.push(store.first(due, [from, lane, request.from ?? "waiting"])?.["time"]);
  }
  const first = Math.min(...times.filter((time) => time != null).map(Number));
  return first === Infinity ? null : first;
}

/** The finished jobs that a removal means, the first to finish first, apart from those that are still needed (P26, P20). */
export function outdated(
  store: JobStore,
  life: JobLife,
  query: Exclude<RemoveQuery, { readonly ids: unknown }>,
  now: number,
): Entry[] {
  const { lane = null, limit } = query;
  const ofLane = "WHERE finished_at IS NOT NULL AND (?1 IS NULL OR lane = ?1)";
  let place = Number(store.first(`SELECT count(*) AS count FROM job ${ofLane}`, [lane])?.["count"]);
  const found: Entry[] = [];
  for (const entry of store.jobs(`${ofLane} ORDER BY finished_at, seq`, [lane])) {
    if (found.length >= limit) break;
    if (isOutdated(entry.job, query, place--, now) && !life.isNeeded(entry.job.id)) found.push(entry);
  }
  return found;
}

function* candidates(store: JobStore, lane: string, request: PollRequest, now: number): Generator<Entry> {
  const { from = "waiting", types, where, ids, order } = request;
  const sorted = order === "touched" ? "touched" : "priority, run_at, seq";
  for (const entry of store.jobs(`WHERE ${OPEN} AND run_at <= ? ORDER BY ${sorted}`, [lane, from, now])) {
    const { job } = entry;
    if (matchesTypes(types, job.type) && (!ids || ids.includes(job.id)) && (!where || matches(where, job))) yield entry;
  }
}

function useOf(store: JobStore, lane: string): LaneUse {
  const sql = "SELECT count(*) AS leases FROM job WHERE lane = ? AND lease_until IS NOT NULL";
  return { ...store.lane(lane), leases: Number(store.first(sql, [lane])?.["leases"]) };
}
