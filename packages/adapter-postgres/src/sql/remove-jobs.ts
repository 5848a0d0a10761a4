import { CLAUSE, CLOCK } from "./clause.ts";

/** `remove_jobs` and `remove_finished` remove jobs with their events, and tell how many (P26). */
export const REMOVE_JOBS = String.raw`
CREATE OR REPLACE FUNCTION remove_jobs(ids text[]) RETURNS int ${CLAUSE} AS $$
DECLARE
  removed int;
  more int;
BEGIN
  DELETE FROM hot_jobs j USING unnest(ids) g(id) WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1);
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM history h USING unnest(ids) g(id) WHERE h.id = g.id;
  GET DIAGNOSTICS more = ROW_COUNT;
  DELETE FROM events e USING unnest(ids) g(id) WHERE e.id = g.id;
  RETURN removed + more;
END $$;

-- The jobs that finished first and long enough ago, of one lane or of all. The indexes give each lane and state its
-- oldest ones, so a call costs no more than its limit for each of them.
CREATE OR REPLACE FUNCTION remove_finished(of_lane text, states text[], older_than_ms bigint, most int, at bigint)
RETURNS int ${CLAUSE} AS $$
DECLARE
  before bigint := coalesce(at, ${CLOCK}) - older_than_ms;
  oldest text[];
BEGIN
  oldest := ARRAY(
    SELECT f.id FROM (SELECT DISTINCT n.lane FROM lane_names n WHERE of_lane IS NULL OR n.lane = of_lane) l,
      unnest(states) s(state),
      LATERAL (SELECT h.id, h.finished_at, h.seq FROM history h
        WHERE h.lane = l.lane AND h.state = s.state AND h.finished_at <= before
        ORDER BY h.finished_at, h.seq LIMIT most) f
    ORDER BY f.finished_at, f.seq LIMIT most);
  RETURN CASE WHEN cardinality(oldest) = 0 THEN 0 ELSE remove_jobs(oldest) END;
END $$;
`;
