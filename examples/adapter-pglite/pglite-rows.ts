import type { Beginning, DueRow, EventRow, JobRow, LaneRow, Rows } from "@anyqueue/api/step";
import type { Transaction } from "@electric-sql/pglite";

const COLUMNS = "id, job, seq, touched, turn, key, missing";
const UPSERT = `insert into anyqueue.jobs (${COLUMNS})
  select ${COLUMNS} from jsonb_populate_recordset(null::anyqueue.jobs, $1)
  on conflict (id) do update set (job, seq, touched, turn, key, missing)
    = (excluded.job, excluded.seq, excluded.touched, excluded.turn, excluded.key, excluded.missing)`;
const LOG = "insert into anyqueue.events select * from jsonb_populate_recordset(null::anyqueue.events, $1)";
const UPSERT_LANE = "insert into anyqueue.lanes values ($1, $2) on conflict (lane) do update set body = excluded.body";
const UNFINISHED = "select count(*)::float8 as count from anyqueue.jobs where lane = $1 and finished_at is null";
/** Who has a turn keeps it; the others get what is free in the order of their insertion. */
const GIVE_TURNS = `update anyqueue.jobs set turn = true from unnest($1::text[], $2::int[]) as given (line, turns),
  lateral (select id from anyqueue.jobs where line = given.line order by turn desc, seq limit turns) as first
  where jobs.id = first.id and not jobs.turn returning jobs.lane`;
const BEHIND = `with recursive behind (id) as (select id from anyqueue.jobs where missing ?| $1
  union select jobs.id from behind join anyqueue.jobs on missing ? behind.id) select id from behind`;
/** May be polled once it is due. */
const OPEN = "state = $2 and turn and lease_until is null";
const DUE = `select asked.lane, leased.count as leases, leased.first as "endAt",
    (select run_at from anyqueue.jobs where lane = asked.lane and ${OPEN} order by run_at limit 1) as "dueAt"
  from unnest($1::text[]) as asked (lane), lateral (select count(*)::float8 as count, min(lease_until) as first
    from anyqueue.jobs where lane = asked.lane and lease_until is not null) as leased`;
/** No unfinished job depends on it. */
const SPARE = `not exists (select from anyqueue.jobs as child
  where child.finished_at is null and child.job->'dependsOn' ? jobs.id)`;

/** Kept as long as the job or else the lane, `$3`, says, or beyond its count, `$5`; `$4` is the time. */
const OUTDATED = `finished_at + replace(coalesce(job->'keep'->>state, $3::jsonb->>state), 'false', '0')::float8 <= $4
  or seq in (select seq from anyqueue.jobs where lane = $1 and finished_at is not null
    order by finished_at desc, seq desc offset $5)`;
const BEGIN = `select (select counter from anyqueue.store) as counter,
  coalesce(jsonb_agg(body order by lane), '[]') as lanes from anyqueue.lanes`;
const TELL = "select pg_notify('anyqueue', hint) from unnest($1::text[]) as hint";
const LINES = "select distinct line from anyqueue.jobs where lane = $1 and line is not null";

/** The rows in a transaction, and the writing of what is saved, which each query does first. */
export interface PgliteRows extends Rows {
  write(): Promise<void>;
}

export function rowsIn(tx: Transaction): PgliteRows {
  const saved = new Set<JobRow>();
  const logged: EventRow[] = [];
  async function write(): Promise<void> {
    if (saved.size > 0) await tx.query(UPSERT, [JSON.stringify([...saved])]);
    if (logged.length > 0) await tx.query(LOG, [JSON.stringify(logged)]);
    saved.clear();
    logged.length = 0;
  }
  async function query<T>(sql: string, ...params: unknown[]): Promise<T[]> {
    await write();
    return (await tx.query<T>(sql, params)).rows;
  }
  async function jobs(where: string, ...params: unknown[]): Promise<JobRow[]> {
    return query(`select ${COLUMNS} from anyqueue.jobs where ${where}`, ...params);
  }
  return {
    write,
    begin: async () => (await query<Beginning>(BEGIN))[0] ?? { counter: 0, lanes: [] },
    save: (row) => void saved.add(row),
    log: (row) => void logged.push(row),
    byId: (ids) => jobs("id = any($1)", ids),
    byKey: (keys) => jobs("key = any($1)", keys),
    waitingFor: (ids) => jobs("missing ?| $1", ids),
    waitingBehind: (ids) => jobs(`id in (${BEHIND})`, ids),
    overdue: (lanes, now, limit) =>
      jobs("lane = any($1) and lease_until <= $2 order by lease_until limit $3", lanes, now, limit),
    open: (lane, { from = "waiting", order, ids = null }, now, limit) => {
      const where = `lane = $1 and ${OPEN} and run_at <= $3 and ($4::text[] is null or id = any($4))`;
      const columns = order === "touched" ? "touched" : "priority, run_at, seq";
      return jobs(`${where} order by ${columns} limit $5`, lane, from, now, ids, limit);
    },
    due: (lanes, from) => query<DueRow>(DUE, lanes, from),
    unfinished: async (lane) => (await query<{ count: number }>(UNFINISHED, lane))[0]?.count ?? 0,
    outdated: async (asked, now) => {
      const { lane = null, limit } = asked;
      const [where, ...params] =
        "states" in asked
          ? ["state = any($3) and finished_at <= $4", asked.states, now - asked.olderThanMs]
          : [OUTDATED, asked.keep, now, asked.keep.count ?? Number.MAX_SAFE_INTEGER];
      const finished = `finished_at is not null and ($1::text is null or lane = $1) and ${SPARE} and (${where})`;
      return jobs(`${finished} order by finished_at, seq limit $2`, lane, limit, ...params);
    },
    linesOf: async (lane) => (await query<{ line: string }>(LINES, lane)).map(({ line }) => line),
    remove: (ids) => query("delete from anyqueue.jobs where id = any($1)", ids),
    removeSpare: (ids) => query(`delete from anyqueue.jobs where id = any($1) and ${SPARE}`, ids),
    freeKeys: (keys) => query("update anyqueue.jobs set key = null where key = any($1)", keys),
    saveCounter: (counter) => query("update anyqueue.store set counter = $1", counter),
    tell: (hints) =>
      query(
        TELL,
        hints.map((hint) => JSON.stringify(hint)),
      ),
    saveLane: (lane) => query(UPSERT_LANE, lane.lane, lane),
    giveTurns: async (lines, turns) => (await query<LaneRow>(GIVE_TURNS, lines, turns)).map(({ lane }) => lane),
  };
}
