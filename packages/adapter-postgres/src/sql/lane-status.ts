import { CLAUSE, CLOCK } from "./clause.ts";

/** One above the contract's COUNT_BOUND, which stands for any that are more. */
const BOUND = 10_001;

/**
 * `lane_status` tells of every lane its settings, how many jobs are in each state, counted up to a bound so that a long
 * backlog costs no more, and which waiting job has been due longest. The answer is a list of
 * `[lane, settings, [[state, count], …], oldest]`. What is counted is in the order of its index (lookup.ts).
 */
export const LANE_STATUS = String.raw`
CREATE OR REPLACE FUNCTION lane_status(at bigint) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  here text;
  counts json[];
  lanes json[] := '{}';
  each_state text;
  n bigint;
  oldest bigint;
  due bigint;
  each_priority bigint;
BEGIN
  FOR here IN SELECT DISTINCT l.lane FROM lane_names l ORDER BY l.lane LOOP
    counts := '{}';
    -- Jumps from one state to the next in an index that begins with the lane and the state.
    each_state := '';
    LOOP
      SELECT j.state INTO each_state FROM hot_jobs j
      WHERE j.place = 0 AND j.lane = here AND j.state > each_state ORDER BY j.state LIMIT 1;
      EXIT WHEN each_state IS NULL;
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 0 AND j.lane = here AND j.state = each_state ORDER BY j.priority LIMIT ${BOUND}) s;
      counts := counts || json_build_array(each_state, n);
    END LOOP;
    each_state := '';
    LOOP
      SELECT j.state INTO each_state FROM hot_jobs j
      WHERE j.place = 1 AND j.lane = here AND j.state > each_state ORDER BY j.state LIMIT 1;
      EXIT WHEN each_state IS NULL;
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 1 AND j.lane = here AND j.state = each_state AND j.run_at <= clock ORDER BY j.run_at LIMIT ${BOUND}) s;
      counts := counts || json_build_array(each_state, n);
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 1 AND j.lane = here AND j.state = each_state AND j.run_at > clock ORDER BY j.run_at LIMIT ${BOUND}) s;
      counts := counts || json_build_array(CASE each_state WHEN 'waiting' THEN 'delayed' ELSE each_state END, n);
    END LOOP;
    FOR each_state, n IN
      SELECT s.state, count(*) FROM (SELECT j.state FROM hot_jobs j WHERE j.place = 4 AND j.lane = here ORDER BY j.token LIMIT 4 * ${BOUND}) s
      GROUP BY s.state LOOP
      counts := counts || json_build_array(each_state, n);
    END LOOP;
    -- Parked behind their keys, or blocked.
    FOR each_state, n IN
      SELECT CASE WHEN s.state = 'waiting' AND s.run_at > clock THEN 'delayed' ELSE s.state END, count(*)
      FROM (SELECT j.state, j.run_at FROM hot_jobs j WHERE j.place = 2 AND j.lane = here ORDER BY j.okey LIMIT 4 * ${BOUND}) s GROUP BY 1 LOOP
      counts := counts || json_build_array(each_state, n);
    END LOOP;
    SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j WHERE j.place = 3 AND j.lane = here ORDER BY j.seq LIMIT ${BOUND}) s;
    counts := counts || json_build_array('blocked', n);
    FOREACH each_state IN ARRAY ARRAY['completed', 'failed', 'cancelled'] LOOP
      SELECT count(*) INTO n FROM (SELECT FROM history h WHERE h.lane = here AND h.state = each_state LIMIT ${BOUND}) s;
      counts := counts || json_build_array(each_state, n);
    END LOOP;

    -- The first of each priority has been due longest among its equals.
    oldest := (SELECT j.run_at FROM hot_jobs j WHERE j.place = 1 AND j.lane = here AND j.state = 'waiting'
      ORDER BY j.run_at LIMIT 1);
    each_priority := -1;
    FOR jump IN 1 .. 1000 LOOP
      SELECT j.priority, j.run_at INTO each_priority, due FROM hot_jobs j
      WHERE j.place = 0 AND j.lane = here AND j.state = 'waiting' AND j.priority > each_priority
      ORDER BY j.priority, j.run_at LIMIT 1;
      EXIT WHEN each_priority IS NULL;
      oldest := least(oldest, due);
    END LOOP;
    IF each_priority IS NOT NULL THEN
      oldest := least(oldest, (SELECT min(j.run_at) FROM hot_jobs j
        WHERE j.place = 0 AND j.lane = here AND j.state = 'waiting'));
    END IF;
    oldest := least(oldest, (SELECT min(s.run_at) FROM (
      SELECT j.run_at FROM hot_jobs j WHERE j.place = 2 AND j.lane = here AND j.state = 'waiting' ORDER BY j.okey LIMIT 4 * ${BOUND}) s));
    lanes := lanes || json_build_array(here, coalesce((SELECT s.settings FROM lane_settings s WHERE s.lane = here), '{}'),
      array_to_json(counts), CASE WHEN oldest <= clock THEN oldest END);
  END LOOP;
  RETURN array_to_json(lanes)::text;
END $$;
`;
