import { CLAUSE, CLOCK } from "./clause.ts";
import { DAY_MS, PATIENCE, TRY_TO_TEND } from "./tend-history.ts";

/** Who asks for fewer gets exactly so many. */
const LEAST_LIMIT = 1000;

/** So many jobs of a partition may be put back when the others go at once. */
const MOST_STAYING = 1000;

/** Every index that may be used finds just the one row, in just the one partition. */
const AS_FOUND =
  "h.id = o.id AND h.lane = o.lane AND h.state = o.state AND h.finished_at = o.finished_at AND h.seq = o.seq";

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
  sorted text[] := (SELECT array_agg(g.id ORDER BY g.id COLLATE "C") FROM unnest(ids) g(id));
  removed text[] := '{}';
BEGIN
  -- A job that was not found where it was looked for first has moved in between, at most once.
  FOR attempt IN 1 .. 2 LOOP
    -- Rows are locked in the order of their ids, so that two calls about the same jobs do not wait for each other. They are
    -- sorted before, since to avoid sorting them the planner would read the index from end to end.
    WITH held AS MATERIALIZED (SELECT j.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1) ORDER BY g.place FOR UPDATE OF j),
      gone AS (DELETE FROM hot_jobs j USING held g WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) RETURNING j.id)
    SELECT removed || array_agg(g.id) INTO removed FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
    WITH held AS MATERIALIZED (SELECT h.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN history h ON h.id = g.id ORDER BY g.place FOR UPDATE OF h),
      gone AS (DELETE FROM history h USING held g WHERE h.id = g.id RETURNING h.id)
    SELECT removed || array_agg(g.id) INTO removed FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
  END LOOP;
  DELETE FROM events e USING unnest(removed) g(id) WHERE e.id = g.id;
  RETURN cardinality(removed);
END $$;

-- The jobs that finished first and long enough ago, of one lane or of all. The indexes give each lane and state its
-- oldest ones, so a call costs no more than its limit for each of them.
CREATE OR REPLACE FUNCTION remove_finished(of_lane text, states text[], older_than_ms bigint, most int, at bigint)
RETURNS int ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  before bigint := clock - older_than_ms;
  oldest text[];
  lanes text[];
  ends text[];
  times bigint[];
  places bigint[];
  parts regclass[];
  removed int;
BEGIN
  SELECT array_agg(f.id), array_agg(f.lane), array_agg(f.state), array_agg(f.finished_at), array_agg(f.seq),
    array_agg(DISTINCT f.part)
  INTO oldest, lanes, ends, times, places, parts FROM (
    SELECT o.* FROM (SELECT DISTINCT n.lane FROM lane_names n WHERE of_lane IS NULL OR n.lane = of_lane) l,
      unnest(states) s(state),
      LATERAL (SELECT h.id, h.lane, h.state, h.finished_at, h.seq, h.tableoid::regclass AS part FROM history h
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
  -- Somebody may have retried them since: only those go which are still as they were found, and which nobody is changing.
  WITH held AS MATERIALIZED (
      SELECT o.* FROM unnest(oldest, lanes, ends, times, places) o(id, lane, state, finished_at, seq)
      JOIN history h ON ${AS_FOUND} FOR UPDATE OF h SKIP LOCKED),
    gone AS (DELETE FROM history h USING held o WHERE ${AS_FOUND} RETURNING h.id)
  SELECT array_agg(g.id) INTO oldest FROM gone g;
  DELETE FROM events e USING unnest(oldest) g(id) WHERE e.id = g.id;
  RETURN coalesce(cardinality(oldest), 0);
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
  -- A snapshot from before the lock would not show what changed until then, and it would be lost.
  IF current_setting('transaction_isolation') <> 'read committed' OR NOT ${TRY_TO_TEND} THEN RETURN NULL; END IF;
  -- Only to learn, before the work, that nobody holds it for long.
  BEGIN
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    RAISE EXCEPTION USING ERRCODE = 'AQ002';
  EXCEPTION WHEN SQLSTATE 'AQ002' THEN NULL;
  END;
  -- Nobody changes it now, nor is about to, which would be in the way of the truncation; others go on reading it, and
  -- finishing jobs, which are in other partitions.
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', part);
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
