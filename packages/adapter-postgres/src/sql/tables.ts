/** Room for updates that stay on their page, and a vacuum that comes often, since jobs come and go. */
export const HOT_SETTINGS = `fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0`;

export const HOT_INDEXES = `
CREATE INDEX hot_jobs_ready ON hot_jobs (lane, state, priority, run_at, seq) WHERE place = 0;
CREATE INDEX hot_jobs_touched ON hot_jobs (lane, state, touched) WHERE place = 0 AND touched IS NOT NULL;
CREATE INDEX hot_jobs_scheduled ON hot_jobs (lane, state, run_at) WHERE place = 1;
CREATE INDEX hot_jobs_leased ON hot_jobs (lane) WHERE place = 4;
CREATE INDEX hot_jobs_group ON hot_jobs (grp) WHERE grp IS NOT NULL;`;

/**
 * The tables, as the first layout has them. Statements name no schema: they run with a `search_path` of just the schema
 * that was configured.
 *
 * `hot_jobs` holds unfinished jobs only, so that it stays small and hot; the call that finishes a job moves it to `history`,
 * which is partitioned by the time of finishing so that the past is dropped rather than deleted. `place` says by which
 * index a job is found: 0 ready, 1 scheduled ahead, 4 leased (2, 3 and 5 are left for keyed and blocked jobs, 6 is
 * finished). `lease_until` is in no index, so that a heartbeat rewrites no index entry. Times are epoch milliseconds.
 */
export const TABLES = String.raw`
CREATE TABLE schema_info (
  version int NOT NULL,      -- the layout
  min_reader int NOT NULL,   -- the oldest code that may use it
  epoch text NOT NULL DEFAULT gen_random_uuid()::text  -- cursors hold transaction ids, which do not outlive a dump
);

-- Places in the order of insertion. Never given twice, so a cursor never passes over a job.
CREATE SEQUENCE places;
-- Lease tokens and places in the order "touched". Never given twice and never set back (P13).
CREATE SEQUENCE ticks;

CREATE TABLE hot_jobs (
  seq bigint NOT NULL DEFAULT nextval('places'),
  priority bigint NOT NULL,
  run_at bigint NOT NULL,
  token bigint NOT NULL DEFAULT 0,
  inserted_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  lease_until bigint,
  touched bigint,            -- custom states only: the place in the order "touched" (P7)
  finished_at bigint,
  attempt int NOT NULL DEFAULT 0,
  max_attempts int NOT NULL,
  version int NOT NULL DEFAULT 1,
  place smallint NOT NULL,
  cancel_requested boolean,
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  lane text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  holder text,
  lease_from text,
  grp text COLLATE "C",
  extra json,                -- what few jobs have: backoff, timeoutMs, orderingKey, unique, dependsOn, onParent
  progress json,
  error json,
  result json,
  payload json NOT NULL
) WITH (${HOT_SETTINGS});
${HOT_INDEXES}

CREATE TABLE history (LIKE hot_jobs INCLUDING DEFAULTS) PARTITION BY RANGE (finished_at);
CREATE INDEX history_id ON history (id);
CREATE INDEX history_finished ON history (lane, state, finished_at, seq);
CREATE INDEX history_group ON history (grp) WHERE grp IS NOT NULL;
-- What no dated partition takes: clocks that are far off, and times given by tests.
CREATE TABLE history_other PARTITION OF history DEFAULT;

CREATE TABLE events (
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- tells what a reader has not seen yet (P23)
  id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  detail json NOT NULL
);
CREATE INDEX events_log ON events (id, seq);
CREATE INDEX events_order ON events (xid, seq);
CREATE INDEX events_pages ON events (seq);

-- Lanes with settings. What every write has to know of them is in columns of its own.
CREATE TABLE lane_settings (
  lane text COLLATE "C" PRIMARY KEY,
  settings json NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  records boolean NOT NULL DEFAULT false,   -- history: "all"
  discards text[] NOT NULL DEFAULT '{}'     -- the states that are not kept
);
-- Every lane that was ever used. Not unique, so that nobody waits for a stranger's transaction which used it first.
CREATE TABLE lane_names (lane text COLLATE "C" NOT NULL);
CREATE INDEX lane_names_lane ON lane_names (lane);
`;
