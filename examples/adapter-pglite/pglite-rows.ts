import type { Transaction } from "@electric-sql/pglite";
import type { Due, Entry, Lane, Logged, Rows } from "./step/rows.ts";

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
export const SPARE = `not exists (select from anyqueue.jobs as child
  where child.finished_at is null and child.job->'dependsOn' ? jobs.id)`;

/** The rows in a transaction, and any query on them. What is saved is written before the next query. */
export interface PgliteRows extends Rows {
  jobs(where: string, ...params: unknown[]): Promise<Entry[]>;
  query<T>(sql: string, ...params: unknown[]): Promise<T[]>;
  write(): Promise<void>;
}

export function rowsIn(tx: Transaction): PgliteRows {
  const saved = new Set<Entry>();
  const logged: Logged[] = [];
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
  async function jobs(where: string, ...params: unknown[]): Promise<Entry[]> {
    return query(`select ${COLUMNS} from anyqueue.jobs where ${where}`, ...params);
  }
  return {
    write,
    query,
    jobs,
    save: (entry) => void saved.add(entry),
    log: (event) => void logged.push(event),
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
    due: (lanes, from) => query<Due>(DUE, lanes, from),
    unfinished: async (lane) => (await query<{ count: number }>(UNFINISHED, lane))[0]?.count ?? 0,
    remove: (ids) => query("delete from anyqueue.jobs where id = any($1)", ids),
    removeSpare: (ids) => query(`delete from anyqueue.jobs where id = any($1) and ${SPARE}`, ids),
    freeKeys: (keys) => query("update anyqueue.jobs set key = null where key = any($1)", keys),
    saveLane: (lane) => query(UPSERT_LANE, lane.lane, lane),
    giveTurns: async (lines, turns) => (await query<Lane>(GIVE_TURNS, lines, turns)).map(({ lane }) => lane),
  };
}
