import type { Adapter, At, Hint, Job, JobEvent, LaneStatus } from "@anyqueue/api";
import { CANDIDATE_BOUND, decodeCursor, encodeCursor, isPlace, matches, matchesTypes, QueueError } from "@anyqueue/api";
import {
  append,
  cas,
  configure,
  inStep,
  insert,
  poll,
  remove,
  runAsync,
  type Step,
  type Work,
} from "@anyqueue/api/step";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { LAYOUT, VERSION } from "./layout.ts";
import { rowsIn } from "./pglite-rows.ts";

type Verb<T> = (step: Step) => Work<T>;

const ORDERS = { inserted: "seq", poll: "priority, run_at, seq", finished: "finished_at, seq" };
/** Shown as `delayed`; `$1` is the time. */
const DELAYED = "state = 'waiting' and run_at > $1";
const COUNTS = `select lane, case when ${DELAYED} and lease_until is null then 'delayed' else state end as shown,
  count(*) as count, min(run_at) filter (where lease_until is null) as first from anyqueue.jobs group by lane, shown`;
const STATUS = `select lane, body->'settings' as settings, min(first) filter (where shown = 'waiting') as "oldestDueAt",
  coalesce(jsonb_object_agg(shown, count) filter (where shown is not null), '{}') as counts
  from anyqueue.lanes left join (${COUNTS}) as counted using (lane) group by lane, body order by lane`;

/**
 * AnyQueue in PGlite: Postgres as a library, in memory or in a folder. Only one PGlite at a time may have a folder. One
 * that is passed in stays the caller's, who closes it.
 */
export function pglite(database: PGlite | string): Adapter<Transaction> {
  const isOwn = typeof database === "string";
  const folder = isOwn ? database : (database.dataDir ?? "memory://");
  let db: PGlite;
  let round = 0;
  const unlisteners = new Set<() => Promise<void>>();

  /** Runs a verb in one transaction. PGlite has one connection, so nothing else happens meanwhile. */
  async function step<T>(at: Pick<At<Transaction>, "now" | "tx">, verb: Verb<T>): Promise<T> {
    const { now = Date.now(), tx } = at;
    if (!tx) return db.transaction((own) => inside(own, now, verb));
    await tx.exec("savepoint anyqueue");
    try {
      return await inside(tx, now, verb);
    } catch (error) {
      await tx.exec("rollback to anyqueue");
      throw error;
    }
  }

  return {
    name: "pglite",
    capabilities: Object.freeze({
      durability: folder.startsWith("memory:") ? "none" : "crash",
      scope: "process",
      atomicity: "store",
      transactions: true,
      push: true,
    }),

    async open() {
      db = isOwn ? new PGlite(database) : database;
      await db.transaction(async (tx) => {
        await tx.exec(LAYOUT);
        const { rows } = await tx.query("select from store where oldest > $1", [VERSION]);
        // Thrown inside of the transaction, so that such a store is left as it was.
        const message = "Cannot open: newer code wrote this store. Update the adapter.";
        if (rows.length > 0) throw new QueueError("SCHEMA_NEWER", message);
      });
    },

    async close() {
      for (const unlisten of unlisteners) await unlisten();
      unlisteners.clear();
      if (isOwn && db && !db.closed) await db.close();
    },

    async insert(jobs, { allOrNone, ...at } = {}) {
      return step(at, (step) => insert(step, jobs, { allOrNone }));
    },

    async poll(request) {
      return step(request, (step) => poll(step, request, round++));
    },

    async cas(changes, at = {}) {
      return step(at, (step) => cas(step, changes));
    },

    async get(ids) {
      const sql = `select job from unnest($1::text[]) with ordinality as asked (id, place)
        left join anyqueue.jobs using (id) order by place`;
      return (await db.query<{ job: Job | null }>(sql, [ids])).rows.map(({ job }) => job);
    },

    async list({ lanes = null, states = null, group = null, types, where, order = "inserted", limit, after, now }) {
      const [kind, columns] = [`list/${order}`, ORDERS[order]];
      const fitsOrder = isPlace(columns.split(",").length);
      // Numbers, so nothing of it can be taken for SQL.
      const behind = after === undefined ? "" : `and (${columns}) > (${decodeCursor(kind, after, fitsOrder).join()})`;
      const most = types || where ? CANDIDATE_BOUND : limit;
      const { rows } = await db.query<{ job: Job; place: number[] }>(
        `select job, array[${columns}] as place from anyqueue.jobs
        where ($2::text[] is null or lane = any($2))
          and ($3::text[] is null or case when ${DELAYED} then 'delayed' else state end = any($3))
          and ($4::text is null or job->>'group' = $4) and ($5 or finished_at is not null) ${behind}
        order by ${columns} limit $6`,
        [now ?? Date.now(), lanes, states, group, order !== "finished", most + 1],
      );
      const seen = rows.slice(0, most);
      const fits = seen.filter(({ job }) => matchesTypes(types, job.type) && (!where || matches(where, job)));
      const page = fits.slice(0, limit);
      const end = rows.length > most ? seen.at(-1) : undefined;
      const last = fits.length > limit ? page.at(-1) : end;
      return { items: page.map(({ job }) => job), ...(last && { after: encodeCursor(kind, last.place) }) };
    },

    async remove(query) {
      return step(query, (step) => remove(step, query));
    },

    async append(entries, at = {}) {
      return step(at, (step) => append(step, entries));
    },

    async events({ id = null, after, kinds = null, limit }) {
      const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
      const { rows } = await db.query<{ position: number; event: JobEvent }>(
        `select position, event from anyqueue.events where position > $1 and ($2::text is null or id = $2)
          and ($3::text[] is null or kind = any($3)) order by position limit $4`,
        [place, id, kinds, limit],
      );
      const cursors = rows.map(({ position }) => encodeCursor("events", [position]));
      const items = rows.map(({ event }) => event);
      return { items, cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
    },

    async lanes({ now = Date.now() } = {}) {
      return (await db.query<LaneStatus>(STATUS, [now])).rows.map((status) => ({ ...status, atLeast: [] }));
    },

    async configure(lane, settings) {
      await step({}, (step) => configure(step, lane, settings));
    },

    async subscribe(wake) {
      const stop = await db.listen("anyqueue", (hint) => wake(JSON.parse(hint) as Hint));
      // The caller's PGlite may be closed by then, and nothing is heard any more.
      const unlisten = (): Promise<void> => stop().catch(() => {});
      unlisteners.add(unlisten);
      return () => void (unlisteners.delete(unlisten) && unlisten());
    },
  };
}

async function inside<T>(tx: Transaction, now: number, verb: Verb<T>): Promise<T> {
  const rows = rowsIn(tx);
  const answer = await runAsync(inStep(rows, now, verb));
  await rows.write();
  return answer;
}
