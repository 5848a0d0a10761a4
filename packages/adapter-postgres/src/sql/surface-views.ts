import { CLOCK } from "./clause.ts";
import { READABLE, readable } from "./surface-columns.ts";

/** Up to where `lane_status` counts: the contract's COUNT_BOUND. */
const BOUND = 10_000;

/** Read once for a query, so that an index can be searched for it. */
const NOW = `(SELECT ${CLOCK})`;

/** AnyQueue keeps jobs of its own in lanes that begin with $. */
const OURS = (alias: string): string => `NOT starts_with(${alias}.lane, '$')`;

const COLUMNS = [...READABLE.keys()].map((name) => `${readable("j", name)} AS "${name}"`).join(", ");

const view = (name: string, table: string, condition: string, columns = COLUMNS): string =>
  `CREATE OR REPLACE VIEW ${name} AS SELECT ${columns} FROM ${table} j WHERE ${condition} AND ${OURS("j")};`;

/** Jobs that may wait for their time, those that are parked behind their key among them. Each place has an index of its own. */
const DELAYED = "(SELECT * FROM hot_jobs WHERE place = 1 UNION ALL SELECT * FROM hot_jobs WHERE place = 2)";

/** Of the jobs that a blocked one depends on, those for which it still waits. */
const WAITS_FOR = "ARRAY(SELECT d.on_job FROM dependencies d WHERE d.job = j.id AND d.fate IS NULL ORDER BY d.on_job)";

const count = (state: string): string => `coalesce((c.counts ->> '${state}')::int, 0) AS ${state}`;

/**
 * The views: `jobs` with all that are kept, finished or not, and parts of it; `lanes` with settings and counts. They read
 * with the rights of the schema's owner, so that who may read a view needs no right on tables. Like every function they
 * are replaced by each migration, which can only add columns, at the end.
 */
export const SURFACE_VIEWS = String.raw`
CREATE OR REPLACE VIEW jobs AS
SELECT ${COLUMNS} FROM hot_jobs j WHERE ${OURS("j")} UNION ALL SELECT ${COLUMNS} FROM history j WHERE ${OURS("j")};
${view("running", "hot_jobs", `j.place = 4 AND j.lease_until > ${NOW}`)}
${view("expired", "hot_jobs", `j.place = 4 AND j.lease_until <= ${NOW}`)}
${view("delayed", DELAYED, `j.state = 'waiting' AND j.run_at > ${NOW}`)}
${view("blocked", "hot_jobs", "j.place = 3", `${COLUMNS}, ${WAITS_FOR} AS waits_for`)}
${view("failed", "history", "j.state = 'failed'")}

-- A count of ${BOUND} means at least that many where at_least names the state. By a function, since counting up to a
-- bound takes many small look-ups, which the planner of a query takes for a huge one and has compiled first.
CREATE OR REPLACE VIEW lanes AS
SELECT s.lane, coalesce((s.settings ->> 'paused')::boolean, false) AS paused,
  ${["waiting", "delayed", "active", "completed", "failed", "cancelled"].map(count).join(", ")}, c.counts, c.at_least,
  to_timestamp(s.oldest_due_at / 1000.0) AS oldest_due_at, s.settings, ${count("blocked")}
FROM json_array_elements(lane_status(NULL)::json) e(status)
CROSS JOIN LATERAL (SELECT e.status ->> 0, (e.status -> 1)::jsonb, e.status -> 2, (e.status ->> 3)::bigint)
  s(lane, settings, found, oldest_due_at)
CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_object_agg(f.state, least(f.n, ${BOUND})), '{}') AS counts,
    coalesce(array_agg(f.state ORDER BY f.state) FILTER (WHERE f.n > ${BOUND}), '{}') AS at_least
  FROM (SELECT p.pair ->> 0, sum((p.pair ->> 1)::bigint) FROM json_array_elements(s.found) p(pair) GROUP BY 1) f(state, n)
  WHERE f.n > 0) c
WHERE ${OURS("s")};
`;
