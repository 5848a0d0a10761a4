import { CLOCK } from "./clause.ts";
import { HELPER } from "./surface-clause.ts";

/**
 * What becomes of a job whose attempt failed or whose lease ended (P15, P16, P21): `policy/backoff.ts` and
 * `policy/failure.ts` of the api, told in SQL. Jobs that workers of both kinds share are so treated alike; only a backoff
 * that is a function of a TypeScript worker is not known here.
 */
export const SURFACE_POLICY = String.raw`
-- Milliseconds to wait after the attempt-th failure; share is from 0 to 1, at random.
CREATE OR REPLACE FUNCTION backoff_delay(backoff json, attempt int, share double precision) RETURNS bigint ${HELPER} AS $$
DECLARE
  step double precision := greatest(1, attempt);
  delay double precision := (backoff ->> 'delayMs')::double precision
    * CASE backoff ->> 'type' WHEN 'linear' THEN step WHEN 'exponential' THEN 2 ^ least(step - 1, 52) ELSE 1 END
    * (1 + coalesce((backoff ->> 'jitter')::double precision, 0) * share);
BEGIN
  RETURN least(floor(delay + 0.5), (backoff ->> 'maxMs')::double precision, 3153600000000);
END $$;

-- The change to a job, as a row of either table, after a failed attempt, which is final or is tried again after so many milliseconds, if that is said.
CREATE OR REPLACE FUNCTION after_failure(job history, failure json, retry_ms bigint, is_final boolean) RETURNS json ${HELPER} AS $$
BEGIN
  IF job.cancel_requested THEN
    RETURN json_strip_nulls(json_build_object('state', 'cancelled', 'error', failure));
  END IF;
  IF is_final OR job.attempt >= job.max_attempts THEN
    RETURN json_build_object('state', 'failed', 'error', failure);
  END IF;
  RETURN json_build_object('state', coalesce(job.lease_from, 'waiting'), 'error', failure,
    'delayMs', coalesce(retry_ms, backoff_delay(coalesce(job.extra -> 'backoff',
      '{"type": "exponential", "delayMs": 1000, "maxMs": 3600000, "jitter": 0.2}'), job.attempt, random())));
END $$;

-- An attempt's error as it stays readable: what is too long is cut.
CREATE OR REPLACE FUNCTION failure_of(message text, code text, stack text, attempt int, clock bigint) RETURNS json ${HELPER} AS $$
BEGIN
  RETURN json_strip_nulls(json_build_object(
    'message', cut_to(coalesce(nullif(message, ''), 'No reason was given.'), 4000),
    'code', cut_to(code, 100), 'stack', cut_to(stack, 8000), 'attempt', attempt, 'at', clock));
END $$;

CREATE OR REPLACE FUNCTION cut_to(value text, bound int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN length(value) > bound THEN left(value, bound - 1) || '…' ELSE value END $$;

-- Takes over jobs whose lease has ended and settles them, in one step. Tells how many. A job whose unique key somebody is just
-- adding to is left, under a lease of its own, to a later rescue: nobody who claims waits for a stranger's transaction.
CREATE OR REPLACE FUNCTION rescue(every_lane text[], most int) RETURNS int ${HELPER} AS $$
DECLARE
  clock bigint := ${CLOCK};
  ids text[] := ARRAY(SELECT t.id FROM take_over(every_lane, most, 10000, 'rescuer', clock) t);
  taken int := cardinality(ids);
  changes json;
BEGIN
  IF taken > 0 AND EXISTS (SELECT FROM unique_keys) THEN
    WITH keyed AS MATERIALIZED (
        SELECT j.id, j.lane, j.extra -> 'unique' ->> 'key' AS ukey FROM unnest(ids) t(id)
        JOIN hot_jobs j ON j.id = t.id AND j.lane = split_part(t.id, ':', 1) WHERE j.extra -> 'unique' IS NOT NULL),
      noted AS MATERIALIZED (SELECT k.id FROM keyed k JOIN unique_keys u ON u.lane = k.lane AND u.ukey = k.ukey),
      free AS MATERIALIZED (
        SELECT k.id FROM keyed k JOIN unique_keys u ON u.lane = k.lane AND u.ukey = k.ukey FOR UPDATE OF u SKIP LOCKED)
    SELECT array_agg(t.id) INTO ids FROM unnest(ids) t(id)
    WHERE t.id NOT IN (SELECT n.id FROM noted n EXCEPT SELECT f.id FROM free f);
  END IF;
  IF coalesce(cardinality(ids), 0) = 0 THEN RETURN taken; END IF;
  SELECT json_agg(json_build_object('id', j.id, 'token', j.token, 'set', after_failure(ROW(j.*)::history,
    CASE WHEN j.cancel_requested THEN NULL ELSE failure_of(
      format('The lease of attempt %s ended before it was settled.', j.attempt), 'LEASE_ENDED', NULL, j.attempt, clock) END,
    NULL, false)) ORDER BY j.id)
  INTO changes FROM unnest(ids) t(id) JOIN hot_jobs j ON j.id = t.id AND j.lane = split_part(t.id, ':', 1);
  PERFORM tell_outcomes(changes, give_back(changes, clock));
  RETURN taken;
END $$;

-- Makes changes by cas. A job that cannot go back with its unique key, because another one has that by now, goes back without
-- it (P17): so the two run beside each other, which is better than to lose what one of them brought.
CREATE OR REPLACE FUNCTION give_back(changes json, clock bigint) RETURNS json ${HELPER} AS $$
DECLARE
  outcomes json[] := ARRAY(SELECT json_array_elements(cas(changes, clock, NULL)::json));
BEGIN
  FOR n IN 1 .. cardinality(outcomes) LOOP
    IF outcomes[n] ->> 'status' = 'duplicate' THEN
      outcomes[n] := cas(json_build_array(jsonb_set((changes -> (n - 1))::jsonb, '{set,unique}', 'null')), clock, NULL)::json -> 0;
    END IF;
  END LOOP;
  RETURN array_to_json(outcomes);
END $$;
`;
