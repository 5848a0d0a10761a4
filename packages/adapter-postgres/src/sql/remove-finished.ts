import { CLAUSE, CLOCK, INNER } from "./clause.ts";
import { SPARED } from "./keep.ts";
import { DAY_MS, PATIENCE, TRY_TO_TEND } from "./tend-history.ts";

/** Who asks for fewer gets exactly so many. */
const LEAST_LIMIT = 1000;

/** So many jobs of a partition may be put back when the others go at once. */
const MOST_STAYING = 1000;

/** Every index that may be used finds just the one row, in just the one partition. */
const AS_FOUND =
  "h.id = o.id AND h.lane = o.lane AND h.state = o.state AND h.finished_at = o.finished_at AND h.seq = o.seq";

const FOUND = "h.id, h.lane, h.state, h.finished_at, h.seq, h.tableoid::regclass AS part";

/** Takes what was found, in order, into lists. */
const INTO = `array_agg(f.id), array_agg(f.lane), array_agg(f.state), array_agg(f.finished_at), array_agg(f.seq),
    array_agg(DISTINCT f.part) INTO ids, lanes, ends, times, places, parts`;

/**
 * What is meant: in the lane $1 or in all, of the states $2, each finished by its time in $3; or, where jobs have their own word ($4), by
 * that word and the clock $5; or finished not later than the place ($6, $7).
 */
const MEANT = `(coalesce(j.lane = $1, true) AND j.state = ANY ($2) AND NOT ${SPARED("j")}
    AND (CASE WHEN $4 AND j.keep_until IS NOT NULL THEN j.keep_until <= $5 ELSE j.finished_at <= ($3)[array_position($2, j.state)] END
      OR coalesce((j.finished_at, j.seq) <= ($6, $7), false)))`;

/**
 * `remove_finished` removes jobs that finished long enough ago, `remove_outdated` those that a lane and their own word do
 * not keep any longer, and those beyond a number of the newest (P26). Those on which unfinished jobs depend are spared.
 *
 * Where the oldest of a large call fill a partition of the history, and nearly all of it may go, it is truncated: rows
 * that are deleted one by one cost much more, and leave their place to be vacuumed. Such a call removes more than its
 * limit. The partition itself goes when it is empty (`tend_history`).
 */
export const REMOVE_FINISHED = String.raw`
-- The jobs that finished first and long enough ago, of one lane or of all. The indexes give each lane and state its
-- oldest ones, so a call costs no more than its limit for each of them.
CREATE OR REPLACE FUNCTION remove_finished(of_lane text, states text[], older_than_ms bigint, most int, at bigint)
RETURNS int ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  before bigint := clock - older_than_ms;
  ids text[];
  lanes text[];
  ends text[];
  times bigint[];
  places bigint[];
  parts regclass[];
  removed int;
BEGIN
  SELECT ${INTO} FROM (
    SELECT o.* FROM (SELECT DISTINCT n.lane FROM lane_names n WHERE of_lane IS NULL OR n.lane = of_lane) l,
      unnest(states) s(state),
      LATERAL (SELECT ${FOUND} FROM history h
        WHERE h.lane = l.lane AND h.state = s.state AND h.finished_at <= before AND NOT ${SPARED("h")}
        ORDER BY h.finished_at, h.seq LIMIT most) o
    ORDER BY o.finished_at, o.seq LIMIT most) f;
  IF ids IS NULL THEN RETURN 0; END IF;
  IF may_empty(most, cardinality(ids), parts, clock) THEN
    removed := empty_part(parts[1], of_lane, states, array_fill(before, ARRAY[cardinality(states)]), false, clock, NULL, NULL);
  END IF;
  RETURN coalesce(removed, remove_found(ids, lanes, ends, times, places));
END $$;

-- What retention removes from a lane: each state has its time, false for none, and "count" is how many may stay.
CREATE OR REPLACE FUNCTION remove_outdated(of_lane text, keep json, most int, at bigint) RETURNS int ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  states constant text[] := '{completed,failed,cancelled}';
  befores bigint[] := ARRAY(SELECT clock - CASE keep ->> s.state WHEN 'false' THEN 0 ELSE floor((keep ->> s.state)::numeric)::bigint END
    FROM unnest(states) WITH ORDINALITY s(state, n) ORDER BY s.n);
  many bigint := (keep ->> 'count')::numeric;
  last_at bigint;
  last_seq bigint;
  ids text[];
  lanes text[];
  ends text[];
  times bigint[];
  places bigint[];
  parts regclass[];
  removed int;
BEGIN
  IF many IS NOT NULL THEN
    SELECT n.finished_at, n.seq INTO last_at, last_seq FROM (
      SELECT o.* FROM unnest(states) s(state), LATERAL (SELECT h.finished_at, h.seq FROM history h
        WHERE h.lane = of_lane AND h.state = s.state ORDER BY h.finished_at DESC, h.seq DESC LIMIT many + 1) o) n
    ORDER BY n.finished_at DESC, n.seq DESC OFFSET many LIMIT 1;
  END IF;
  SELECT ${INTO} FROM (
    SELECT DISTINCT ON (o.finished_at, o.seq) o.* FROM (
      SELECT a.* FROM unnest(states, befores) s(state, before), LATERAL (SELECT ${FOUND} FROM history h
        WHERE h.lane = of_lane AND h.state = s.state AND h.finished_at <= s.before AND h.keep_until IS NULL AND NOT ${SPARED("h")}
        ORDER BY h.finished_at, h.seq LIMIT most) a
      UNION ALL
      (SELECT ${FOUND} FROM history h
        WHERE h.lane = of_lane AND h.keep_until IS NOT NULL AND h.keep_until <= clock AND NOT ${SPARED("h")}
        ORDER BY h.keep_until LIMIT most)
      UNION ALL
      SELECT b.* FROM unnest(states) s(state), LATERAL (SELECT ${FOUND} FROM history h
        WHERE h.lane = of_lane AND h.state = s.state AND (h.finished_at, h.seq) <= (last_at, last_seq) AND NOT ${SPARED("h")}
        ORDER BY h.finished_at, h.seq LIMIT most) b) o
    ORDER BY o.finished_at, o.seq LIMIT most) f;
  IF ids IS NULL THEN RETURN 0; END IF;
  IF may_empty(most, cardinality(ids), parts, clock) THEN
    removed := empty_part(parts[1], of_lane, states, befores, true, clock, last_at, last_seq);
  END IF;
  RETURN coalesce(removed, remove_found(ids, lanes, ends, times, places));
END $$;

-- True when as many as a call may remove are in one partition, to which nobody adds any more: perhaps all of it can go.
CREATE OR REPLACE FUNCTION may_empty(most int, n int, parts regclass[], clock bigint) RETURNS boolean ${INNER} AS $$
BEGIN
  RETURN most >= ${LEAST_LIMIT} AND n = most AND cardinality(parts) = 1 AND is_day_before(parts[1]::text, clock / ${DAY_MS});
END $$;

-- Removes finished jobs one by one. Somebody may have retried them since: only those go which are still as they were
-- found, and which nobody is changing.
CREATE OR REPLACE FUNCTION remove_found(ids text[], lanes text[], ends text[], times bigint[], places bigint[]) RETURNS int ${INNER} AS $$
DECLARE
  removed text[];
BEGIN
  WITH held AS MATERIALIZED (
      SELECT o.* FROM unnest(ids, lanes, ends, times, places) o(id, lane, state, finished_at, seq)
      JOIN history h ON ${AS_FOUND} FOR UPDATE OF h SKIP LOCKED),
    gone AS (DELETE FROM history h USING held o WHERE ${AS_FOUND} RETURNING h.id)
  SELECT array_agg(g.id) INTO removed FROM gone g;
  PERFORM forget(removed);
  RETURN coalesce(cardinality(removed), 0);
END $$;

-- Empties a partition of the history at once, but for a few jobs which stay, and tells how many went; null when too many
-- have to stay, or when somebody uses it for longer than others may be made to wait.
CREATE OR REPLACE FUNCTION empty_part(part regclass, of_lane text, states text[], befores bigint[], heeds boolean, clock bigint,
  last_at bigint, last_seq bigint) RETURNS int
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
  EXECUTE replace($query$SELECT array_agg(s.job) FROM (
    SELECT DISTINCT ON (j.id) j::history AS job FROM (
      SELECT p.* FROM (SELECT DISTINCT n.lane FROM lane_names n) l,
        (VALUES ('completed'), ('failed'), ('cancelled')) e(state),
        LATERAL (SELECT j.* FROM the_part j WHERE j.lane = l.lane AND j.state = e.state AND j.finished_at >
          CASE WHEN coalesce(l.lane = $1, true) AND e.state = ANY ($2) THEN ($3)[array_position($2, e.state)] ELSE -1 END) p
      UNION ALL SELECT j.* FROM the_part j WHERE $4 AND j.lane = $1 AND j.keep_until IS NOT NULL AND j.keep_until > $5
      UNION ALL SELECT j.* FROM dependencies d JOIN the_part j ON j.id = d.on_job) j
    WHERE NOT ${MEANT} LIMIT ${MOST_STAYING} + 1) s$query$, 'the_part', part::text)
  INTO staying USING of_lane, states, befores, heeds, clock, last_at, last_seq;
  IF cardinality(staying) > ${MOST_STAYING} THEN RETURN NULL; END IF;

  EXECUTE replace($query$SELECT count(*) FILTER (WHERE is_meant), count(*) FILTER (WHERE NOT is_meant)
    FROM (SELECT ${MEANT} AS is_meant FROM the_part j) s$query$, 'the_part', part::text)
  INTO go, stay USING of_lane, states, befores, heeds, clock, last_at, last_seq;
  IF stay <> coalesce(cardinality(staying), 0) THEN RETURN NULL; END IF;
  EXECUTE format('DELETE FROM events e USING %s j WHERE j.id = e.id
    AND NOT EXISTS (SELECT FROM unnest($1) s WHERE s.id = e.id)', part) USING staying;
  EXECUTE format('DELETE FROM dependencies d USING %s j WHERE j.id = d.job
    AND NOT EXISTS (SELECT FROM unnest($1) s WHERE s.id = d.job)', part) USING staying;
  EXECUTE format('DELETE FROM unique_keys u USING %s j WHERE j.id = u.job
    AND NOT EXISTS (SELECT FROM unnest($1) s WHERE s.id = u.job)', part) USING staying;
  EXECUTE format('TRUNCATE %s', part);
  INSERT INTO history SELECT * FROM unnest(staying);
  RETURN go;
EXCEPTION WHEN lock_not_available THEN
  RETURN NULL;
END $$;
`;
