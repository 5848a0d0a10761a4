/**
 * Jobs that wait behind others are in indexes of their own, so that they slow nobody who looks for work (P18, P20). With
 * their token, leased ones come in at the end of their index: among thousands of equal entries each would look for a page
 * with room, and who has seen that none below a token is left looks at none of the dead entries below it.
 */
export const SHAPING_INDEXES = `
DROP INDEX hot_jobs_leased;
CREATE INDEX hot_jobs_leased ON hot_jobs (lane, token) WHERE place = 4;
CREATE INDEX hot_jobs_parked ON hot_jobs (lane, okey, seq) WHERE place = 2;
CREATE INDEX hot_jobs_turns ON hot_jobs (lane, okey) WHERE okey IS NOT NULL AND place IN (0, 1, 4);
CREATE INDEX hot_jobs_blocked ON hot_jobs (lane, seq) WHERE place = 3;`;

/** Rows come and go as often as those of jobs. */
const BUSY = "WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)";

/** Functions that have other arguments from now on, or answer otherwise. */
const DROPPED = `DROP FUNCTION IF EXISTS insert_jobs(json, text[], bigint, boolean, boolean, text);
DROP FUNCTION IF EXISTS remove_jobs(text[]);
DROP FUNCTION IF EXISTS next_due(text[], boolean[], text, bigint);
DROP FUNCTION IF EXISTS take_over(text[], int, bigint, text, bigint);
DROP FUNCTION IF EXISTS settle_and_poll(text[], bigint[], text[], text[], bigint, text, text[], int[], int, text[], text[], json,
  text, text, int, bigint, text, int, json, bigint, text);
DROP FUNCTION IF EXISTS empty_part(regclass, text, text[], bigint);
DROP FUNCTION IF EXISTS forget_discarded(text[]);`;

/**
 * What the second layout adds: unique keys, ordering keys, limits of lanes, dependencies, and how long single jobs are
 * kept. Of the places of a job (tables.ts) it takes 2 for one that is parked behind others of its ordering key, and 3 for
 * one that is blocked. A keyed job in any other place has the turn.
 */
export const SHAPING = `
${DROPPED}

ALTER TABLE hot_jobs ADD COLUMN okey text COLLATE "C", ADD COLUMN keep_until bigint;
-- keep_until: when a finished job goes that says itself how long it is kept, in milliseconds; 0 for not at all.
ALTER TABLE history ADD COLUMN okey text COLLATE "C", ADD COLUMN keep_until bigint;
CREATE INDEX history_keep ON history (lane, keep_until) WHERE keep_until IS NOT NULL;
${SHAPING_INDEXES}

ALTER TABLE lane_settings ADD COLUMN capacity bigint, ADD COLUMN concurrency bigint, ADD COLUMN key_concurrency bigint,
  ADD COLUMN is_fifo boolean NOT NULL DEFAULT false,
  ADD COLUMN rate_limit double precision, ADD COLUMN rate_period double precision, ADD COLUMN rate_burst double precision;

-- Who took a unique key last. Whether it still holds it follows from the job itself (P17).
CREATE TABLE unique_keys (
  lane text COLLATE "C" NOT NULL,
  ukey text COLLATE "C" NOT NULL,
  job text COLLATE "C" NOT NULL,
  PRIMARY KEY (lane, ukey)
) ${BUSY};
CREATE INDEX unique_keys_job ON unique_keys (job);

-- A row for each job that another one depends on, until that other one is removed. What came of it: "on" when it need not
-- be waited for any more, "cancel" when it is the other one's end, null until then (P20).
CREATE TABLE dependencies (
  job text COLLATE "C" NOT NULL,
  on_job text COLLATE "C" NOT NULL,
  on_parent text NOT NULL,
  fate text
) ${BUSY};
CREATE INDEX dependencies_job ON dependencies (job, fate);
CREATE INDEX dependencies_on ON dependencies (on_job, fate);

-- What the next poll of a lane has to see to: an ordering key of which a turn may be free, or a job that may not be blocked
-- any more. Rows are only added and deleted, so that nobody waits for a stranger's transaction to leave one.
CREATE TABLE debts (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lane text COLLATE "C" NOT NULL,
  okey text COLLATE "C",
  job text COLLATE "C"
) ${BUSY};
CREATE INDEX debts_lane ON debts (lane, okey, n);

-- What is locked while a lane with a limit is added to ("room") or taken from ("start"), with what is left of its rate.
CREATE TABLE lane_gates (
  lane text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  tokens double precision,
  at bigint,
  PRIMARY KEY (lane, kind)
) WITH (fillfactor = 50);
`;
