import { CLAUSE, CLOCK } from "./clause.ts";
import { hasId } from "./lookup.ts";

/** `remove_jobs` removes these jobs, whatever their state, with all that is kept about them, and tells how many (P26). */
export const REMOVE_JOBS = String.raw`
CREATE OR REPLACE FUNCTION remove_jobs(ids text[], at bigint DEFAULT NULL) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  sorted text[] := (SELECT array_agg(g.id ORDER BY g.id COLLATE "C") FROM unnest(ids) g(id));
  removed text[] := '{}';
  unfinished text[];
  lanes text[];
  okeys text[];
  ready text[];
  finished text[];
BEGIN
  -- A job that was not found where it was looked for first has moved in between, at most once.
  FOR attempt IN 1 .. 2 LOOP
    -- Rows are locked in the order of their ids, so that two calls about the same jobs do not wait for each other. They are
    -- sorted before, since to avoid sorting them the planner would read the index from end to end.
    WITH held AS MATERIALIZED (SELECT j.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN hot_jobs j ON ${hasId("j", "g.id")} ORDER BY g.place FOR UPDATE OF j),
      gone AS (DELETE FROM hot_jobs j USING held g WHERE ${hasId("j", "g.id")} RETURNING j.id, j.lane, j.okey)
    SELECT removed || array_agg(g.id), unfinished || array_agg(g.id), lanes || array_agg(g.lane), okeys || array_agg(g.okey)
    INTO removed, unfinished, lanes, okeys FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
    WITH held AS MATERIALIZED (SELECT h.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN history h ON h.id = g.id ORDER BY g.place FOR UPDATE OF h),
      gone AS (DELETE FROM history h USING held g WHERE h.id = g.id RETURNING h.id)
    SELECT removed || array_agg(g.id) INTO removed FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
  END LOOP;
  PERFORM forget(removed);
  IF unfinished IS NULL THEN RETURN cardinality(removed)::text; END IF;
  PERFORM owe_turns(lanes, okeys);
  IF EXISTS (SELECT FROM dependencies d WHERE d.on_job = ANY (unfinished)) THEN
    SELECT f.ready, f.finished INTO ready, finished FROM follow_ends(unfinished, false, true, clock) f;
  END IF;
  RETURN with_hints(cardinality(removed)::text, ready || lanes_with_lines(lanes, okeys) || ARRAY(SELECT l.lane FROM lane_settings l
    WHERE l.concurrency IS NOT NULL AND l.lane = ANY (lanes)), finished);
END $$;
`;
