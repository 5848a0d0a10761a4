import { CLAUSE, CLOCK } from "./clause.ts";
import { hasId } from "./lookup.ts";
import { HAS_DUE } from "./ready.ts";
import { columnsOf, ROW_TYPE } from "./row.ts";

const OPEN = `NOT EXISTS (SELECT FROM lane_settings l WHERE l.lane = j.lane AND l.paused)`;

/**
 * `candidates` answers the jobs that a poll of one lane may take, in poll order or in the order `touched`, from behind a
 * place; `candidates_by_id` those of these jobs. The caller tests them by its own rules and then calls `take`.
 */
export const CANDIDATES = String.raw`
CREATE OR REPLACE FUNCTION candidates(here text, wanted_state text, by_touch boolean, place bigint[], most int, at bigint)
RETURNS TABLE (${ROW_TYPE}) ROWS 100 ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  low bigint[] := coalesce(place, '{-1,0,0}');
BEGIN
  PERFORM settle_debts(ARRAY[here], clock);
  IF EXISTS (SELECT FROM lane_settings l WHERE l.lane = here AND l.paused) OR may_not_start(here, clock) THEN RETURN; END IF;
  IF ${HAS_DUE} THEN
    PERFORM promote(here, wanted_state, most, clock);
  END IF;
  IF by_touch THEN
    RETURN QUERY SELECT ${columnsOf("j")} FROM hot_jobs j
    WHERE j.place = 0 AND j.touched IS NOT NULL AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND j.touched > low[1]
    ORDER BY j.touched LIMIT most;
  ELSE
    RETURN QUERY SELECT ${columnsOf("j")} FROM hot_jobs j
    WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND (j.priority, j.run_at, j.seq) > (low[1], low[2], low[3])
    ORDER BY j.priority, j.run_at, j.seq LIMIT most;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION candidates_by_id(ids text[], wanted_state text, at bigint)
RETURNS TABLE (${ROW_TYPE}) ROWS 100 ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
BEGIN
  PERFORM settle_debts(ARRAY(SELECT DISTINCT split_part(g.id, ':', 1) FROM unnest(ids) g(id)), clock);
  RETURN QUERY SELECT ${columnsOf("j")} FROM unnest(ids) g(id)
  JOIN hot_jobs j ON ${hasId("j", "g.id")}
  WHERE j.state = wanted_state AND j.place < 2 AND j.run_at <= clock AND ${OPEN};
END $$;
`;
