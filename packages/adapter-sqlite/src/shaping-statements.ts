import type { OnParent } from "@anyqueue/api";
import type { Preparer } from "./preparer.ts";
import { HOT_COLUMNS, type JobRow } from "./rows.ts";

/** The statements of what shapes the work (P17–P20, P26); jobs and lanes that use none of it run hardly any of them. */
export function prepareShaping(of: Preparer) {
  const line =
    "FROM anyqueue_jobs INDEXED BY anyqueue_lines WHERE okey IS NOT NULL AND place < 6 AND lane = ? AND okey = ?";
  const heldUp = "FROM anyqueue_jobs INDEXED BY anyqueue_held_up WHERE place IN (2, 3) AND lane = ?";
  const kept = "FROM anyqueue_jobs INDEXED BY anyqueue_kept WHERE place = 6 AND lane = ? AND state = ?";
  const isFree = `NOT EXISTS (SELECT 1 FROM anyqueue_dependencies INDEXED BY anyqueue_dependents
      WHERE on_id = anyqueue_jobs.id)`;
  const newest = ["completed", "failed", "cancelled"].flatMap((state) =>
    ["IS NULL", "IS NOT NULL"].map(
      (own) => `SELECT * FROM (
        SELECT finished_at, seq FROM anyqueue_jobs INDEXED BY anyqueue_kept
        WHERE place = 6 AND lane = ? AND state = '${state}' AND keep_until ${own}
        ORDER BY finished_at DESC, seq DESC LIMIT ?)`,
    ),
  );

  return {
    // work that may be undone
    mark: of.change<[]>("SAVEPOINT anyqueue_attempt"),
    undo: of.change<[]>("ROLLBACK TO anyqueue_attempt"),
    settle: of.change<[]>("RELEASE anyqueue_attempt"),

    hasNotes: of.value<[], 0 | 1>(
      "SELECT EXISTS (SELECT 1 FROM anyqueue_unique) OR EXISTS (SELECT 1 FROM anyqueue_dependencies)",
    ),

    // unique keys
    findTaker: of.value<[lane: string, key: string], string>(
      "SELECT id FROM anyqueue_unique WHERE lane = ? AND ukey = ?",
    ),
    keepTaker: of.change<[lane: string, key: string, id: string]>(
      "INSERT INTO anyqueue_unique VALUES (?, ?, ?) ON CONFLICT (lane, ukey) DO UPDATE SET id = excluded.id",
    ),
    removeTakers: of.change<[ids: string]>(
      `DELETE FROM anyqueue_unique INDEXED BY anyqueue_unique_taker
       WHERE id IN (SELECT value FROM json_each(?))`,
    ),

    // lines
    countLine: of.value<[lane: string, key: string, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${line} AND place IN (0, 1, 2, 4) LIMIT ?)`,
    ),
    countTurns: of.value<[lane: string, key: string, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${line} AND place IN (0, 1, 4) LIMIT ?)`,
    ),
    giveTurns: of.change<[now: number, lane: string, key: string, count: number]>(
      `UPDATE anyqueue_jobs SET place = iif(run_at <= ?, 0, 1)
       WHERE seq IN (SELECT seq ${line} AND place = 2 ORDER BY seq LIMIT ?)`,
    ),
    nextKey: of.value<[lane: string, after: string], string>(
      `SELECT okey FROM anyqueue_jobs INDEXED BY anyqueue_lines
       WHERE okey IS NOT NULL AND place < 6 AND lane = ? AND okey > ? ORDER BY okey LIMIT 1`,
    ),

    // limits
    countOpen: of.value<[lane: string, bound: number], number>(
      `SELECT count(*) FROM (
         SELECT 1 FROM anyqueue_jobs INDEXED BY anyqueue_leased WHERE place = 4 AND lane = ? LIMIT ?)`,
    ),
    countUnfinished: of.value<[lane: string, bound: number], number>(
      `WITH asked (lane) AS (VALUES (?))
       SELECT count(*) FROM (
         SELECT 1 FROM asked CROSS JOIN anyqueue_jobs AS j INDEXED BY anyqueue_ready
           WHERE place = 0 AND j.lane = asked.lane
         UNION ALL SELECT 1 FROM asked CROSS JOIN anyqueue_jobs AS j INDEXED BY anyqueue_scheduled
           WHERE place = 1 AND j.lane = asked.lane
         UNION ALL SELECT 1 FROM asked CROSS JOIN anyqueue_jobs AS j INDEXED BY anyqueue_held_up
           WHERE place IN (2, 3) AND j.lane = asked.lane
         UNION ALL SELECT 1 FROM asked CROSS JOIN anyqueue_jobs AS j INDEXED BY anyqueue_leased
           WHERE place = 4 AND j.lane = asked.lane
         LIMIT ?)`,
    ),
    findRoom: of.value<[lane: string], number | null>("SELECT room FROM anyqueue_lanes WHERE name = ?"),
    keepRoom: of.change<[room: number | null, lane: string]>("UPDATE anyqueue_lanes SET room = ? WHERE name = ?"),
    findBucket: of.tuples<[lane: string], readonly [tokens: number | null, at: number | null]>(
      "SELECT tokens, counted_at FROM anyqueue_lanes WHERE name = ?",
    ),
    dropBucket: of.change<[lane: string]>("UPDATE anyqueue_lanes SET tokens = NULL, counted_at = NULL WHERE name = ?"),
    keepBucket: of.change<[tokens: number, at: number, lane: string]>(
      "UPDATE anyqueue_lanes SET tokens = ?, counted_at = ? WHERE name = ?",
    ),

    // dependencies
    hasDependencies: of.value<[], 1>("SELECT 1 FROM anyqueue_dependencies LIMIT 1"),
    findAwaited: of.value<[ids: string], string>(
      `SELECT value FROM json_each(?) WHERE EXISTS (
         SELECT 1 FROM anyqueue_dependencies INDEXED BY anyqueue_dependents WHERE on_id = value)`,
    ),
    findAwaitedByOthers: of.value<[ids: string, own: string], string>(
      `SELECT value FROM json_each(?) WHERE EXISTS (
         SELECT 1 FROM anyqueue_dependencies AS d INDEXED BY anyqueue_dependents
         WHERE on_id = value AND d.id NOT IN (SELECT value FROM json_each(?)))`,
    ),
    depend: of.change<[id: string, onParent: OnParent, on: string]>(
      `INSERT INTO anyqueue_dependencies (id, satisfied, on_id, on_parent)
       SELECT ?, value ->> 1, value ->> 0, ? FROM json_each(?)`,
    ),
    statesOf: of.tuples<[ids: string], readonly [id: string, state: string]>(
      "SELECT id, state FROM anyqueue_jobs WHERE id IN (SELECT value FROM json_each(?))",
    ),
    needs: of.value<[id: string], string>("SELECT on_id FROM anyqueue_dependencies WHERE id = ? AND satisfied = 0"),
    // One that an operator freed by hand waits for nothing, whatever is noted.
    waitsFor: of.value<[id: string], string>(
      `SELECT d.on_id FROM anyqueue_jobs AS j CROSS JOIN anyqueue_dependencies AS d ON d.id = j.id
       WHERE j.id = ? AND j.place = 3 AND d.satisfied = 0`,
    ),
    findDependents: of.tuples<[onId: string], readonly [id: string, onParent: OnParent]>(
      `SELECT d.id, d.on_parent FROM anyqueue_dependencies AS d INDEXED BY anyqueue_dependents
         CROSS JOIN anyqueue_jobs AS j ON j.id = d.id
       WHERE d.on_id = ? AND d.satisfied = 0 AND j.place = 3`,
    ),
    satisfy: of.change<[ids: string, onId: string]>(
      `UPDATE anyqueue_dependencies SET satisfied = 1
       WHERE id IN (SELECT value FROM json_each(?)) AND satisfied = 0 AND on_id = ?`,
    ),
    // In order, since of those with one ordering key the first gets the turn.
    findUnblocked: of.tuples<[ids: string], JobRow>(
      `SELECT ${HOT_COLUMNS} FROM anyqueue_jobs WHERE id IN (SELECT value FROM json_each(?)) AND place = 3
         AND NOT EXISTS (SELECT 1 FROM anyqueue_dependencies AS d WHERE d.id = anyqueue_jobs.id AND satisfied = 0)
       ORDER BY seq`,
    ),
    removeDependencies: of.change<[ids: string]>(
      "DELETE FROM anyqueue_dependencies WHERE id IN (SELECT value FROM json_each(?))",
    ),

    // lanes
    nextParkedState: of.value<[lane: string, after: string], string>(
      `SELECT state ${heldUp} AND place = 2 AND state > ? ORDER BY state LIMIT 1`,
    ),
    countParkedDue: of.value<[lane: string, state: string, now: number, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${heldUp} AND place = 2 AND state = ? AND run_at <= ? LIMIT ?)`,
    ),
    countParkedAhead: of.value<[lane: string, state: string, now: number, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${heldUp} AND place = 2 AND state = ? AND run_at > ? LIMIT ?)`,
    ),
    countBlocked: of.value<[lane: string, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${heldUp} AND place = 3 LIMIT ?)`,
    ),
    firstParked: of.value<[lane: string, state: string], number | null>(
      `SELECT min(run_at) ${heldUp} AND place = 2 AND state = ?`,
    ),

    // remove; jobs on which unfinished ones depend are spared
    oldestFinished: of.tuples<[lane: string, state: string, before: number, limit: number], FinishedRow>(
      `SELECT seq, id, finished_at ${kept} AND keep_until IS NULL AND finished_at <= ? AND ${isFree}
       ORDER BY finished_at, seq LIMIT ?`,
    ),
    oldestWithOwnKeep: of.tuples<[lane: string, state: string, before: number, limit: number], FinishedRow>(
      `SELECT seq, id, finished_at ${kept} AND keep_until IS NOT NULL AND finished_at <= ? AND ${isFree}
       ORDER BY finished_at, seq LIMIT ?`,
    ),
    firstKeptUntil: of.tuples<[lane: string, state: string, now: number, limit: number], FinishedRow>(
      `SELECT seq, id, finished_at ${kept} AND keep_until <= ? AND ${isFree} ORDER BY keep_until LIMIT ?`,
    ),
    // Takes the lane and a bound for each of the branches, and then how many of the newest to pass over.
    newestFinished: of.tuples<(string | number)[], readonly [finishedAt: number, seq: number]>(
      `SELECT finished_at, seq FROM (${newest.join(" UNION ALL ")})
       ORDER BY finished_at DESC, seq DESC LIMIT 1 OFFSET ?`,
    ),
    keepUntil: of.change<[until: number, seq: number]>("UPDATE anyqueue_jobs SET keep_until = ? WHERE seq = ?"),
  };
}

/** A finished job that may be removed. */
export type FinishedRow = readonly [seq: number, id: string, finishedAt: number];
