import { SHAPING_INDEXES } from "./shaping-tables.ts";
import { HOT_INDEXES, HOT_SETTINGS } from "./tables.ts";

/**
 * Moves unfinished jobs, as they are, into another table of the same name: one plain table, or as many partitions by the
 * hash of the lane as asked for. In two parts, between which the functions and views are replaced, since what depends on
 * the old table has to let go of it. All jobs of a lane are in one partition, and an id names its lane, so that ids stay
 * unique and a lane's poll reads one partition only.
 *
 * Whoever uses the table meanwhile waits, and finds the new one by its name.
 */
export function repartition(count: number): { readonly begin: string; readonly end: string } {
  return { begin: `${SET_ASIDE}\n${createTables(count)}`, end: fill(count) };
}

/** The old table and its parts keep their data; their names, and those of their indexes, become free. */
const SET_ASIDE = `LOCK TABLE hot_jobs IN ACCESS EXCLUSIVE MODE;
DO $$
DECLARE
  one record;
BEGIN
  -- What takes a job as an argument, and is made again for the new table.
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND 'hot_jobs'::regtype = ANY (p.proargtypes) LOOP
    EXECUTE format('DROP FUNCTION %s', one.name);
  END LOOP;
  FOR one IN SELECT c.oid, c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND starts_with(c.relname, 'hot_jobs_') LOOP
    EXECUTE format('ALTER TABLE %s RENAME TO %I', one.name, 'old_' || one.oid);
  END LOOP;
END $$;
ALTER TABLE hot_jobs RENAME TO old_hot_jobs;`;

/** Data first, and what finds it afterwards, which is faster. */
function fill(count: number): string {
  return `INSERT INTO hot_jobs SELECT * FROM old_hot_jobs;
ALTER TABLE hot_jobs ADD PRIMARY KEY (${count === 1 ? "id" : "id, lane"});${HOT_INDEXES}${SHAPING_INDEXES}
DROP TABLE old_hot_jobs;
ANALYZE hot_jobs;`;
}

function createTables(count: number): string {
  if (count === 1) return `CREATE TABLE hot_jobs (LIKE old_hot_jobs INCLUDING DEFAULTS) WITH (${HOT_SETTINGS});`;
  const parts = Array.from(
    { length: count },
    (_, n) =>
      `CREATE TABLE hot_jobs_${n} PARTITION OF hot_jobs FOR VALUES WITH (MODULUS ${count}, REMAINDER ${n}) WITH (${HOT_SETTINGS});`,
  );
  return ["CREATE TABLE hot_jobs (LIKE old_hot_jobs INCLUDING DEFAULTS) PARTITION BY HASH (lane);", ...parts].join(
    "\n",
  );
}
