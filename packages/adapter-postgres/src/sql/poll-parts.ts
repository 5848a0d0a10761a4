import { INNER } from "./clause.ts";
import { hasId, OF_LANE } from "./lookup.ts";
import { FITS, IN_ORDER } from "./ready.ts";
import { columnsOf, ROW_TYPE } from "./row.ts";

const IS_READY = `EXISTS (SELECT FROM hot_jobs j WHERE j.place = 0 AND j.lane = e.here AND j.state = wanted_state
        AND j.run_at <= clock AND (types IS NULL OR ${FITS}) ${IN_ORDER} OFFSET 0)`;

/** When the first job of a lane comes due of those that wait for their time. */
const DUE_LATER = `(SELECT j.run_at FROM hot_jobs j
        WHERE j.place = 1 AND j.lane = e.here AND j.state = wanted_state ORDER BY j.run_at LIMIT 1)`;

/** Ready jobs that are not due are there only when the clock went back, so looking at the first ones will do. */
const NOT_DUE_YET = `CASE WHEN held IS NULL THEN (SELECT min(s.run_at) FROM (
        SELECT j.run_at FROM hot_jobs j WHERE j.place = 0 AND j.lane = e.here AND j.state = wanted_state
        ORDER BY j.priority, j.run_at, j.seq LIMIT 1000) s WHERE s.run_at > clock) END`;

/** What a poll does by the way: what has come due, whose lease has ended, and when to look again (P8, P10, P15). */
export const POLL_PARTS = String.raw`-- Makes jobs of a lane ready that have come due (P8); those that others are promoting at this moment are theirs.
CREATE OR REPLACE FUNCTION promote(here text, wanted_state text, most int, clock bigint) RETURNS void ${INNER} AS $$
BEGIN
  WITH due AS MATERIALIZED (
    SELECT j.ctid AS at_ctid FROM hot_jobs j
    WHERE j.place = 1 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
    ORDER BY j.run_at LIMIT greatest(5000, most) FOR UPDATE SKIP LOCKED)
  UPDATE hot_jobs j SET place = 0 WHERE ${OF_LANE} AND j.ctid = ANY (ARRAY(SELECT d.at_ctid FROM due d));
END $$;

-- Takes over jobs whose lease has ended, those first whose lease ended first, in paused lanes too (P15).
CREATE OR REPLACE FUNCTION take_over(every_lane text[], most int, lease_ms bigint, for_holder text, clock bigint,
  held bigint DEFAULT NULL)
RETURNS TABLE (${ROW_TYPE}) ROWS 10 ${INNER} AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM hot_jobs j WHERE j.place = 4 AND j.lane = ANY (every_lane)
    AND j.token >= coalesce(held, 0) AND j.lease_until <= clock) THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH ended AS MATERIALIZED (
    SELECT j.id, j.lease_until AS ended_at FROM hot_jobs j
    WHERE j.place = 4 AND j.lane = ANY (every_lane) AND j.token >= coalesce(held, 0) AND j.lease_until <= clock
    ORDER BY j.lease_until, j.seq LIMIT most FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE hot_jobs j SET token = nextval('ticks'), version = j.version + 1, updated_at = clock,
      lease_until = clock + lease_ms, holder = for_holder,
      touched = CASE WHEN j.touched IS NOT NULL THEN nextval('ticks') END
    FROM ended e WHERE ${hasId("j", "e.id")} RETURNING j.*, e.ended_at)
  SELECT ${columnsOf("j")} FROM taken j ORDER BY j.ended_at, j.seq;
END $$;

-- The first time at which a poll of these lanes could find something, or null (P10).
CREATE OR REPLACE FUNCTION next_due(every_lane text[], paused boolean[], limited boolean[], has_limits boolean, types text[],
  patterns text[], wanted_state text, looks boolean, clock bigint, held bigint DEFAULT NULL) RETURNS bigint ${INNER} AS $$
DECLARE
  soonest bigint := (SELECT least(
    (SELECT min(j.lease_until) FROM hot_jobs j WHERE j.place = 4 AND j.lane = ANY (every_lane) AND j.token >= coalesce(held, 0)),
    (SELECT min(least(${DUE_LATER}, ${NOT_DUE_YET}, CASE WHEN looks AND ${IS_READY} THEN clock END)) FROM unnest(every_lane, paused, limited) e(here, paused, limited)
      WHERE (e.paused OR e.limited) IS NOT TRUE),
    -- Who does not look from the beginning had better come again.
    CASE WHEN held IS NOT NULL THEN clock + 1000 END));
  lane text;
  allowed bigint;
  again bigint;
BEGIN
  IF NOT has_limits THEN RETURN soonest; END IF;
  FOR lane IN SELECT e.here FROM unnest(every_lane, paused, limited) e(here, paused, limited) WHERE e.limited AND NOT e.paused LOOP
    SELECT s.starts, s.again INTO allowed, again FROM starts_left(lane, clock) s;
    -- No job can be started before another one is settled.
    CONTINUE WHEN allowed = 0 AND again IS NULL;
    SELECT least(soonest,
      CASE WHEN (looks OR allowed = 0) AND ${IS_READY} THEN CASE WHEN allowed = 0 THEN again ELSE clock END END,
      CASE WHEN allowed = 0 AND ${DUE_LATER} <= clock THEN again ELSE ${DUE_LATER} END,
      ${NOT_DUE_YET}) INTO soonest FROM (SELECT lane AS here) e;
  END LOOP;
  RETURN soonest;
END $$;

CREATE OR REPLACE FUNCTION is_custom(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT state NOT IN ('waiting', 'active', 'blocked', 'completed', 'failed', 'cancelled') $$;
`;
