import { CLAUSE, CLOCK, DURABILITY, INNER } from "./clause.ts";
import { KEPT } from "./keep.ts";
import { hasId } from "./lookup.ts";
import { ended, lastingOf, STORED } from "./row.ts";

const ENDED = `gone AS (
    DELETE FROM hot_jobs j USING unnest(ids, tokens, states, results) WITH ORDINALITY AS g(id, token, state, result, n)
    WHERE ${hasId("j", "g.id")} AND j.token = g.token AND j.lease_until > clock
    RETURNING ${lastingOf("j")}, j.state, j.holder, j.cancel_requested, g.n, g.state AS end_state, g.result::json AS end_result),
  ended AS (${ended("gone", "end_state", "coalesce(end_result, result)")})`;

/** What was done, to which jobs, under which ordering keys a turn is free, and whether a job says itself how long it is kept. */
const DONE = `json_agg(json_build_array(g.n, g.version + 1, g.cancel_requested)), array_agg(g.id),
      array_agg(g.lane) FILTER (WHERE g.okey IS NOT NULL), array_agg(g.okey) FILTER (WHERE g.okey IS NOT NULL),
      bool_or(g.extra::text LIKE '%"keep":%')`;

/** Of a job that ends: its lane keeps none that end so. The settings are read once, not for each job. */
const IS_DISCARDED = (alias: string): string => `${alias}.lane || ':' || ${alias}.state = ANY (discarding)`;

/**
 * What workers do most, in one statement for many jobs: `settle` finishes those whose token is that of the living lease
 * (P13), and moves them to the history unless their lane keeps none; `renew` prolongs leases.
 *
 * Both answer `[[place in the array, version, asked to stop], …]` for those that were done, as JSON. What is missing there
 * was not touched; `cas` says why.
 */
export const SETTLE = String.raw`
CREATE OR REPLACE FUNCTION settle(ids text[], tokens bigint[], states text[], results text[], at bigint, durability text)
RETURNS text ${CLAUSE} AS $$
BEGIN
  RETURN settle_here(ids, tokens, states, results, at, durability);
END $$;

CREATE OR REPLACE FUNCTION settle_here(ids text[], tokens bigint[], states text[], results text[], at bigint, durability text)
RETURNS text ${INNER} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  answer text;
  done text[];
  lanes text[];
  okeys text[];
  has_keep boolean;
  recording text[];
  discarding text[];
  unkept text[];
  is_awaited boolean;
  ready text[];
  finished text[];
BEGIN ${DURABILITY}
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE l.records OR l.discards <> '{}' OR l.concurrency IS NOT NULL) THEN
    WITH ${ENDED},
    kept AS (INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended)
    SELECT ${DONE}
    INTO answer, done, lanes, okeys, has_keep FROM gone g;
    -- After the jobs were locked by deleting them, so that nobody who counts on one of them is missed.
    IF lanes IS NULL AND has_keep IS NOT TRUE AND NOT EXISTS (SELECT FROM dependencies d WHERE d.on_job = ANY (done)) THEN
      RETURN answer;
    END IF;
    PERFORM owe_turns(lanes, okeys);
    SELECT f.ready, f.finished INTO ready, finished FROM follow_ends(done, has_keep, durability IS NOT NULL, clock) f;
    RETURN with_hints(answer, ready || lanes_with_lines(lanes, okeys), finished);
  END IF;

  lanes := ARRAY(SELECT DISTINCT split_part(g.id, ':', 1) FROM unnest(ids) g(id));
  recording := ARRAY(SELECT l.lane FROM lane_settings l WHERE l.lane = ANY (lanes) AND l.records);
  discarding := ARRAY(SELECT l.lane || ':' || d.state FROM lane_settings l, unnest(l.discards) d(state) WHERE l.lane = ANY (lanes));
  WITH ${ENDED},
  kept AS (INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended e WHERE ${KEPT("e", IS_DISCARDED)}),
  logged AS (
    INSERT INTO events (id, at, kind, detail)
    SELECT g.id, clock, 'moved', json_build_object('from', g.state, 'to', g.end_state, 'holder', g.holder)
    FROM gone g WHERE g.lane = ANY (recording) AND g.state <> g.end_state)
  SELECT ${DONE},
      array_agg(g.id) FILTER (WHERE g.lane || ':' || g.end_state = ANY (discarding)),
      EXISTS (SELECT FROM dependencies d WHERE d.on_job = ANY (ARRAY(SELECT g.id FROM gone g)))
    INTO answer, done, lanes, okeys, has_keep, unkept, is_awaited FROM gone g;
  IF done IS NULL THEN RETURN answer; END IF;
  PERFORM owe_turns(lanes, okeys);
  -- Before the jobs were locked, by what was stored, and after, so that nobody is missed who counts on one of them.
  IF has_keep OR is_awaited OR EXISTS (SELECT FROM dependencies d WHERE d.on_job = ANY (done)) THEN
    SELECT f.ready, f.finished INTO ready, finished FROM follow_ends(done, has_keep, durability IS NOT NULL, clock) f;
  ELSIF unkept IS NOT NULL THEN
    -- Their lane keeps none, and nobody waits for them, so they were not even stored.
    PERFORM forget(unkept);
  END IF;
  RETURN with_hints(answer, ready || lanes_with_lines(lanes, okeys) || ARRAY(SELECT l.lane FROM lane_settings l
    WHERE l.concurrency IS NOT NULL AND l.lane IN (SELECT split_part(g.id, ':', 1) FROM unnest(done) g(id))), finished);
END $$;

-- What goes with the end of jobs, once they are in the history: those who depend on them go on or end with them, and those go that
-- are not kept; has_keep tells whether one may say so itself. Answers the lanes in which jobs may go on, and in which others have ended.
CREATE OR REPLACE FUNCTION follow_ends(ids text[], has_keep boolean, waits boolean, clock bigint, OUT ready text[], OUT finished text[])
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  ends text[] := ids;
BEGIN
  IF EXISTS (SELECT FROM dependencies d WHERE d.on_job = ANY (ids)) THEN
    SELECT t.ready, t.finished, ids || t.ended INTO ready, finished, ends FROM tell_dependents(ids, waits, clock) t;
  END IF;
  IF has_keep OR cardinality(ends) > cardinality(ids) OR EXISTS (SELECT FROM lane_settings l WHERE l.discards <> '{}') THEN
    PERFORM drop_unkept(ends);
  END IF;
END $$;

-- Of these keys' lanes, those in which somebody waits for a turn.
CREATE OR REPLACE FUNCTION lanes_with_lines(lanes text[], okeys text[]) RETURNS text[] ${INNER} AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT k.lane FROM unnest(lanes, okeys) k(lane, okey)
    WHERE EXISTS (SELECT FROM hot_jobs j WHERE j.place = 2 AND j.lane = k.lane AND j.okey = k.okey OFFSET 0));
END $$;

-- The answer of a verb with the lanes that are to be told of because of it, if there are any.
CREATE OR REPLACE FUNCTION with_hints(answer text, ready text[], finished text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN coalesce(ready, '{}') = '{}' AND coalesce(finished, '{}') = '{}' THEN answer
    ELSE json_build_object('done', answer::json, 'ready', ready, 'finished', finished)::text END
$$;

CREATE OR REPLACE FUNCTION renew(ids text[], tokens bigint[], lease_ms bigint[], at bigint, durability text)
RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  answer text;
BEGIN ${DURABILITY}
  WITH renewed AS (
    UPDATE hot_jobs j SET lease_until = clock + g.lease_ms
    FROM unnest(ids, tokens, lease_ms) WITH ORDINALITY AS g(id, token, lease_ms, n)
    WHERE ${hasId("j", "g.id")} AND j.token = g.token AND j.lease_until > clock
    RETURNING g.n, j.version, j.cancel_requested)
  SELECT json_agg(json_build_array(r.n, r.version, r.cancel_requested)) INTO answer FROM renewed r;
  RETURN answer;
END $$;
`;
