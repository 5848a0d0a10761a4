import type { Database } from "better-sqlite3";
import { Preparer } from "./preparer.ts";
import { COLUMNS, type FinishedJob, HOT_COLUMNS, type JobRow, type LeasedJob, type PlainJob } from "./rows.ts";
import { prepareShaping } from "./shaping-statements.ts";

/**
 * Every statement but those of lists, prepared once per connection, in the order of the contract. Each names the partial
 * index that it is written for, so that neither statistics nor their absence can turn a claim into a scan. Values for
 * many rows travel as one JSON array or, where a row has several, as `VALUES`: one statement over a hundred rows takes
 * half the time of a hundred.
 */
export function prepare(db: Database) {
  const of = new Preparer(db);
  const ready = "FROM anyqueue_jobs INDEXED BY anyqueue_ready WHERE place = 0 AND lane = ? AND state = ?";
  const touched =
    "FROM anyqueue_jobs INDEXED BY anyqueue_touched WHERE place = 0 AND touched IS NOT NULL AND lane = ? AND state = ?";
  const scheduled = "FROM anyqueue_jobs INDEXED BY anyqueue_scheduled WHERE place = 1 AND lane = ? AND state = ?";
  const leased = "FROM anyqueue_jobs INDEXED BY anyqueue_leased WHERE place = 4 AND lane = ?";
  const finished = "FROM anyqueue_jobs INDEXED BY anyqueue_kept WHERE place = 6 AND lane = ? AND state = ?";

  const lease =
    "state = ?, place = 4, attempt = attempt + 1, version = version + 1, updated_at = ?, lease_until = ?, holder = ?, lease_from = ?";
  const finish =
    "place = 6, lease_until = NULL, holder = NULL, lease_from = NULL, touched = NULL, version = version + 1, updated_at = ?, finished_at = ?";
  const plain = "seq, id, lane, type, place, priority, run_at, max_attempts, payload, state, attempt, token, version";

  return {
    ...prepareShaping(of),

    // shared
    dataVersion: of.value<[], number>("PRAGMA data_version"),
    raiseCounter: of.value<[count: number], number>(
      "UPDATE anyqueue_counter SET last_tick = last_tick + ? RETURNING last_tick",
    ),
    lastSeq: of.value<[], number>(
      "SELECT max(last_place, coalesce((SELECT max(seq) FROM anyqueue_jobs), 0)) FROM anyqueue_counter",
    ),
    findLane: of.value<[lane: string], string>("SELECT settings FROM anyqueue_lanes WHERE name = ?"),
    addLane: of.change<[lane: string]>("INSERT INTO anyqueue_lanes (name, settings) VALUES (?, '{}')"),
    appendEvent: of.change<[id: string, at: number, kind: string, detail: string]>(
      "INSERT INTO anyqueue_events (id, at, kind, detail) VALUES (?, ?, ?, ?)",
    ),
    find: of.tuples<[id: string], JobRow>(`SELECT ${COLUMNS} FROM anyqueue_jobs WHERE id = ?`),
    keepLastSeq: of.change<[seq: number]>("UPDATE anyqueue_counter SET last_place = ?"),
    removeJobs: of.change<[seqs: string]>("DELETE FROM anyqueue_jobs WHERE seq IN (SELECT value FROM json_each(?))"),
    removeEvents: of.change<[ids: string]>("DELETE FROM anyqueue_events WHERE id IN (SELECT value FROM json_each(?))"),

    // insert
    insert: of.change<
      [
        seq: number,
        id: string,
        lane: string,
        type: string,
        state: string,
        place: number,
        priority: number,
        runAt: number,
        maxAttempts: number,
        insertedAt: number,
        updatedAt: number,
        touched: number | null,
        group: string | null,
        extra: string | null,
        progress: string | null,
        payload: string,
        orderingKey: string | null,
      ]
    >(
      `INSERT INTO anyqueue_jobs (seq, id, lane, type, state, place, priority, run_at, attempt, max_attempts, token,
         version, inserted_at, updated_at, touched, grp, extra, progress, payload, okey)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 1, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    insertPlain: of.rows<[insertedAt: number, updatedAt: number], PlainJob>(9, {
      one: `INSERT INTO anyqueue_jobs (inserted_at, updated_at, ${plain}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
              'waiting', 0, 0, 1) ON CONFLICT (id) DO NOTHING`,
      many: (values) =>
        `INSERT INTO anyqueue_jobs (inserted_at, updated_at, ${plain})
         SELECT ?, ?, *, 'waiting', 0, 0, 1 FROM (VALUES ${values}) WHERE true ON CONFLICT (id) DO NOTHING`,
    }),
    idsFrom: of.value<[seq: number], string>("SELECT id FROM anyqueue_jobs WHERE seq >= ?"),

    // poll
    isDue: of.value<[lane: string, state: string, now: number], 1>(`SELECT 1 ${scheduled} AND run_at <= ? LIMIT 1`),
    promote: of.change<[lane: string, state: string, now: number, limit: number]>(
      `UPDATE anyqueue_jobs SET place = 0 WHERE seq IN (SELECT seq ${scheduled} AND run_at <= ? ORDER BY run_at LIMIT ?)`,
    ),
    ready: of.tuples<[lane: string, state: string, now: number, limit: number], JobRow>(
      `SELECT ${COLUMNS} ${ready} AND run_at <= ? ORDER BY priority, run_at, seq LIMIT ?`,
    ),
    readyAfter: of.tuples<
      [lane: string, state: string, priority: number, runAt: number, seq: number, now: number, limit: number],
      JobRow
    >(
      `SELECT ${COLUMNS} ${ready} AND (priority, run_at, seq) > (?, ?, ?) AND run_at <= ?
       ORDER BY priority, run_at, seq LIMIT ?`,
    ),
    touched: of.tuples<[lane: string, state: string, now: number, limit: number], JobRow>(
      `SELECT ${COLUMNS} ${touched} AND run_at <= ? ORDER BY touched LIMIT ?`,
    ),
    touchedAfter: of.tuples<[lane: string, state: string, touched: number, now: number, limit: number], JobRow>(
      `SELECT ${COLUMNS} ${touched} AND touched > ? AND run_at <= ? ORDER BY touched LIMIT ?`,
    ),
    lease: of.rows<[state: string, now: number, until: number, holder: string, from: string], LeasedJob>(3, {
      one: `UPDATE anyqueue_jobs SET ${lease}, token = ?, touched = ? WHERE seq = ?`,
      many: (values) =>
        `UPDATE anyqueue_jobs SET ${lease}, token = column1, touched = column2 FROM (VALUES ${values}) WHERE seq = column3`,
    }),
    advance: of.change<
      [
        state: string,
        place: number,
        touch: number | null,
        now: number,
        finishedAt: number | null,
        keep: number,
        seqs: string,
      ]
    >(
      `UPDATE anyqueue_jobs SET state = ?, place = ?, touched = ? + j.key, version = version + 1, updated_at = ?,
         finished_at = ?, attempt = iif(?, attempt, 0)
       FROM json_each(?) AS j WHERE seq = j.value`,
    ),
    ended: of.tuples<[lane: string, now: number, limit: number], JobRow>(
      `SELECT ${COLUMNS} ${leased} AND lease_until <= ? ORDER BY lease_until, seq LIMIT ?`,
    ),
    takeOver: of.change<[tick: number, touch: number, now: number, until: number, holder: string, seqs: string]>(
      `UPDATE anyqueue_jobs SET token = ? + j.key, touched = iif(touched IS NULL, NULL, ? + j.key),
         version = version + 1, updated_at = ?, lease_until = ?, holder = ?
       FROM json_each(?) AS j WHERE seq = j.value`,
    ),
    firstScheduled: of.value<[lane: string, state: string], number | null>(`SELECT min(run_at) ${scheduled}`),
    // Ready jobs that are not due are there only when the clock went back, so looking at the first ones will do.
    firstReadyAhead: of.value<[lane: string, state: string, now: number], number | null>(
      `SELECT min(run_at) FROM (SELECT run_at ${ready} ORDER BY priority, run_at, seq LIMIT 1000) WHERE run_at > ?`,
    ),
    firstLeaseEnd: of.value<[lane: string], number | null>(`SELECT min(lease_until) ${leased}`),

    // cas
    findHot: of.tuples<[ids: string], JobRow>(
      `SELECT ${HOT_COLUMNS} FROM anyqueue_jobs WHERE id IN (SELECT value FROM json_each(?))`,
    ),
    findAll: of.tuples<[ids: string], JobRow>(
      `SELECT ${COLUMNS} FROM anyqueue_jobs WHERE id IN (SELECT value FROM json_each(?))`,
    ),
    findLeases: of.tuples<[ids: string], LeaseRow>(
      `SELECT seq, anyqueue_jobs.id, token, version, lease_until, cancel_requested, extra
       FROM json_each(?) AS j CROSS JOIN anyqueue_jobs WHERE anyqueue_jobs.id = j.value AND place = 4`,
    ),
    finish: of.rows<[updatedAt: number, finishedAt: number], FinishedJob>(3, {
      one: `UPDATE anyqueue_jobs SET ${finish}, state = ?, result = ? WHERE seq = ?`,
      many: (values) =>
        `UPDATE anyqueue_jobs SET ${finish}, state = column1, result = column2 FROM (VALUES ${values}) WHERE seq = column3`,
    }),
    renew: of.change<[leases: string]>(
      "UPDATE anyqueue_jobs SET lease_until = j.value ->> 1 FROM json_each(?) AS j WHERE seq = j.value ->> 0",
    ),
    write: of.change<
      [
        state: string,
        place: number,
        priority: number,
        runAt: number,
        attempt: number,
        version: number,
        updatedAt: number,
        leaseUntil: number | null,
        holder: string | null,
        from: string | null,
        cancelRequested: number | null,
        finishedAt: number | null,
        touched: number | null,
        progress: string | null,
        error: string | null,
        result: string | null,
        keepUntil: number | null,
        seq: number,
      ]
    >(
      `UPDATE anyqueue_jobs SET state = ?, place = ?, priority = ?, run_at = ?, attempt = ?, version = ?,
         updated_at = ?, lease_until = ?, holder = ?, lease_from = ?, cancel_requested = ?, finished_at = ?,
         touched = ?, progress = ?, error = ?, result = ?, keep_until = ?
       WHERE seq = ?`,
    ),
    writeExtra: of.change<[extra: string | null, seq: number]>("UPDATE anyqueue_jobs SET extra = ? WHERE seq = ?"),
    writePayload: of.change<[payload: string, seq: number]>("UPDATE anyqueue_jobs SET payload = ? WHERE seq = ?"),
    requeue: of.change<[to: number, seq: number]>("UPDATE anyqueue_jobs SET seq = ? WHERE seq = ?"),

    // append
    touch: of.change<[now: number, tick: number | null, seq: number]>(
      "UPDATE anyqueue_jobs SET updated_at = ?, touched = ? WHERE seq = ?",
    ),

    // events
    events: of.tuples<[after: number, kinds: string, limit: number], EventRow>(
      `SELECT seq, id, at, kind, detail FROM anyqueue_events
       WHERE seq > ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
    ),
    eventsOf: of.tuples<[id: string, after: number, kinds: string, limit: number], EventRow>(
      `SELECT seq, id, at, kind, detail FROM anyqueue_events INDEXED BY anyqueue_log
       WHERE id = ? AND seq > ? AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`,
    ),

    // lanes
    lanes: of.tuples<[], readonly [lane: string, settings: string]>(
      "SELECT name, settings FROM anyqueue_lanes ORDER BY name",
    ),
    nextReadyState: of.value<[lane: string, after: string], string>(
      `SELECT state FROM anyqueue_jobs INDEXED BY anyqueue_ready WHERE place = 0 AND lane = ? AND state > ?
       ORDER BY state LIMIT 1`,
    ),
    nextScheduledState: of.value<[lane: string, after: string], string>(
      `SELECT state FROM anyqueue_jobs INDEXED BY anyqueue_scheduled WHERE place = 1 AND lane = ? AND state > ?
       ORDER BY state LIMIT 1`,
    ),
    countReady: of.value<[lane: string, state: string, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${ready} LIMIT ?)`,
    ),
    countDue: of.value<[lane: string, state: string, now: number, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${scheduled} AND run_at <= ? LIMIT ?)`,
    ),
    countAhead: of.value<[lane: string, state: string, now: number, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${scheduled} AND run_at > ? LIMIT ?)`,
    ),
    countLeased: of.tuples<[lane: string, bound: number], readonly [state: string, count: number]>(
      `SELECT state, count(*) FROM (SELECT state ${leased} LIMIT ?) GROUP BY state`,
    ),
    countFinished: of.value<[lane: string, state: string, bound: number], number>(
      `SELECT count(*) FROM (SELECT 1 ${finished} LIMIT ?)`,
    ),
    nextPriority: of.tuples<[lane: string, state: string, after: number], readonly [priority: number, runAt: number]>(
      `SELECT priority, run_at ${ready} AND priority > ? ORDER BY priority, run_at LIMIT 1`,
    ),
    oldestReady: of.value<[lane: string, state: string], number | null>(`SELECT min(run_at) ${ready}`),

    // configure
    configure: of.change<[lane: string, settings: string]>(
      `INSERT INTO anyqueue_lanes (name, settings) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, room = NULL`,
    ),
  };
}

/** The prepared statements of one connection. */
export type Statements = ReturnType<typeof prepare>;

/** What tells whether a job is held, and by whom. */
export type LeaseRow = readonly [
  seq: number,
  id: string,
  token: number,
  version: number,
  until: number,
  cancelRequested: number | null,
  extra: string | null,
];

/** One entry of the log. */
export type EventRow = readonly [seq: number, id: string, at: number, kind: string, detail: string];
