import { CLAUSE, CLOCK } from "./clause.ts";
import { DAY_MS, PATIENCE, TRY_TO_TEND } from "./tend-history.ts";

/** Who asks for fewer gets exactly so many. */
const LEAST_LIMIT = 1000;

/** So many jobs of a partition may be put back when the others go at once. */
const MOST_STAYING = 1000;

/**
 * `remove_jobs` and `remove_finished` remove jobs with their events, and tell how many (P26).
 *
 * Where the oldest of a large call fill a partition of the history, and nearly all of it may go, it is truncated: rows
 * that are deleted one by one cost much more, and leave their place to be vacuumed. Such a call removes more than its
 * limit. The partition itself goes when it is empty (`tend_history`).
 */
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
  clock bigint := coalesce(at, ${CLOCK});
  before bigint := clock - older_than_ms;
  oldest text[];
  parts regclass[];
  removed int;
BEGIN
  SELECT array_agg(f.id), array_agg(DISTINCT f.part) INTO oldest, parts FROM (
    SELECT o.id, o.part FROM (SELECT DISTINCT n.lane FROM lane_names n WHERE of_lane IS NULL OR n.lane = of_lane) l,
      unnest(states) s(state),
      LATERAL (SELECT h.id, h.finished_at, h.seq, h.tableoid::regclass AS part FROM history h
        WHERE h.lane = l.lane AND h.state = s.state AND h.finished_at <= before
        ORDER BY h.finished_at, h.seq LIMIT most) o
    ORDER BY o.finished_at, o.seq LIMIT most) f;
  IF oldest IS NULL THEN RETURN 0; END IF;
  -- As many as a call may remove are in one partition, to which nobody adds any more: perhaps all of it can go.
  IF most >= ${LEAST_LIMIT} AND cardinality(oldest) = most AND cardinality(parts) = 1
    AND is_day_before(parts[1]::text, clock / ${DAY_MS}) THEN
    removed := empty_part(parts[1], of_lane, states, before);
    IF removed IS NOT NULL THEN RETURN removed; END IF;
  END IF;
  RETURN remove_jobs(oldest);
END $$;

-- Empties a partition of the history at once, but for a few jobs which stay, and tells how many went; null when too many
-- have to stay, or when somebody uses it for longer than others may be made to wait.
CREATE OR REPLACE FUNCTION empty_part(part regclass, of_lane text, states text[], before bigint) RETURNS int
  LANGUAGE plpgsql SET search_path FROM CURRENT ${PATIENCE} SET plan_cache_mode = auto
  SET enable_seqscan = on SET enable_bitmapscan = on SET enable_sort = on SET enable_hashjoin = on AS $$
DECLARE
  staying history[];
  stay int;
  go int;
BEGIN
  IF NOT ${TRY_TO_TEND} THEN RETURN NULL; END IF;
  -- Only to learn, before the work, that nobody holds it for long.
  BEGIN
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    RAISE EXCEPTION USING ERRCODE = 'AQ002';
  EXCEPTION WHEN SQLSTATE 'AQ002' THEN NULL;
  END;
  -- Nobody changes it now; others go on reading it, and finishing jobs, which are in other partitions.
  EXECUTE format('LOCK TABLE %s IN SHARE MODE', part);
  EXECUTE format('SELECT array_agg(s.job) FROM (
    SELECT p.job FROM (SELECT DISTINCT n.lane FROM lane_names n) l,
      (VALUES (''completed''), (''failed''), (''cancelled'')) e(state),
      LATERAL (SELECT j::history AS job FROM %s j WHERE j.lane = l.lane AND j.state = e.state AND j.finished_at >
        CASE WHEN coalesce(l.lane = $1, true) AND e.state = ANY ($2) THEN $3 ELSE -1 END) p
    LIMIT ${MOST_STAYING} + 1) s', part) INTO staying USING of_lane, states, before;
  IF cardinality(staying) > ${MOST_STAYING} THEN RETURN NULL; END IF;

  EXECUTE format('SELECT count(*) FILTER (WHERE is_told), count(*) FILTER (WHERE NOT is_told) FROM (
    SELECT coalesce(j.lane = $1, true) AND j.state = ANY ($2) AND j.finished_at <= $3 AS is_told FROM %s j) s', part)
  INTO go, stay USING of_lane, states, before;
  IF stay <> coalesce(cardinality(staying), 0) THEN RETURN NULL; END IF;
  EXECUTE format('DELETE FROM events e USING %s j WHERE j.id = e.id
    AND NOT EXISTS (SELECT FROM unnest($1) s WHERE s.id = e.id)', part) USING staying;
  EXECUTE format('TRUNCATE %s', part);
  INSERT INTO history SELECT * FROM unnest(staying);
  RETURN go;
EXCEPTION WHEN lock_not_available THEN
  RETURN NULL;
END $$;
`;
