import { CLOCK } from "./clause.ts";
import { HELPER, SURFACE_CLAUSE } from "./surface-clause.ts";

/**
 * What a worker does to a job that it holds, fenced by the token that `claim` answered (P13), and cancelling, which
 * everybody may. Each tells its outcome as `cas` does: `ok`, `stale`, `missing` or `conflict`, never as an error, with the
 * state that the job is in now and whether it was asked to stop.
 */
export const SURFACE_SETTLE = String.raw`
CREATE OR REPLACE FUNCTION complete(id text, token bigint, result jsonb DEFAULT NULL, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) ${SURFACE_CLAUSE} AS $$
BEGIN
  PERFORM check_token('Cannot complete', token);
  PERFORM check_value('Cannot complete', 'result', result);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    CASE WHEN result IS NULL THEN json_build_object('state', 'completed')
    ELSE json_build_object('state', 'completed', 'result', json_build_array(result)) END), NULL, notify);
END $$;

-- The attempt failed: the job waits for its backoff, or for as long as retry_in says, and is tried again; or it is failed,
-- when its attempts are used up or this is final.
CREATE OR REPLACE FUNCTION fail(id text, token bigint, error text DEFAULT NULL, retry_in interval DEFAULT NULL,
  final boolean DEFAULT false, code text DEFAULT NULL, stack text DEFAULT NULL, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) ${SURFACE_CLAUSE} AS $$
DECLARE
  clock bigint := ${CLOCK};
  retry_ms bigint := ms_of('Cannot fail', 'retry_in', retry_in, 0);
  job history;
BEGIN
  PERFORM check_token('Cannot fail', token);
  SELECT * INTO job FROM hot_jobs j WHERE j.id = fail.id AND j.lane = split_part(fail.id, ':', 1);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    after_failure(job, failure_of(error, code, stack, job.attempt, clock), retry_ms, coalesce(final, false))), clock, notify);
END $$;

-- Prolongs the lease, and tells whether the job was asked to stop (P21).
CREATE OR REPLACE FUNCTION extend(id text, token bigint, lease interval DEFAULT '30 s',
  OUT status text, OUT state text, OUT cancel_requested boolean) ${SURFACE_CLAUSE} AS $$
BEGIN
  PERFORM check_token('Cannot extend', token);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    json_build_object('leaseMs', ms_of('Cannot extend', 'lease', coalesce(lease, '30 s'), 1))), NULL, false);
END $$;

-- At once if nobody holds the job, else its holder is asked to stop; conflict when it has ended.
CREATE OR REPLACE FUNCTION cancel(id text, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) ${SURFACE_CLAUSE} AS $$
BEGIN
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'set',
    json_build_object('cancel', true)), NULL, notify);
END $$;

-- The same for all jobs of a group that have not ended. Tells how many were cancelled, and how many asked to stop. They are
-- locked first: what has ended by the time of its turn, ended with another one of the group, on which it depended.
CREATE OR REPLACE FUNCTION cancel_group("group" text, notify boolean DEFAULT true, OUT cancelled bigint, OUT requested bigint)
${SURFACE_CLAUSE} AS $$
DECLARE
  ids text[] := ARRAY(SELECT j.id FROM hot_jobs j WHERE j.grp = "group" AND NOT starts_with(j.lane, '$') ORDER BY j.id FOR UPDATE);
  changes json;
  outcomes json;
  n bigint;
  m bigint;
BEGIN
  cancelled := 0;
  requested := 0;
  FOR start IN 1 .. cardinality(ids) BY 1000 LOOP
    changes := (SELECT json_agg(json_build_object('id', e.id, 'set', json_build_object('cancel', true)))
      FROM unnest(ids[start : start + 999]) e(id));
    outcomes := cas(changes, NULL, NULL);
    SELECT count(*) FILTER (WHERE o.is_held IS NOT TRUE), count(*) FILTER (WHERE o.is_held) INTO n, m
    FROM (SELECT (e.outcome ->> 'held')::boolean FROM json_array_elements(outcomes) e(outcome)) o(is_held);
    cancelled := cancelled + n;
    requested := requested + m;
    IF notify THEN
      PERFORM tell_outcomes(changes, outcomes);
    END IF;
  END LOOP;
END $$;

-- Makes one change by cas.
CREATE OR REPLACE FUNCTION change_one(change json, clock bigint, notify boolean,
  OUT status text, OUT state text, OUT cancel_requested boolean) ${HELPER} AS $$
DECLARE
  outcomes json := give_back(json_build_array(change), clock);
BEGIN
  status := outcomes -> 0 ->> 'status';
  state := outcomes -> 0 ->> 'state';
  cancel_requested := coalesce((outcomes -> 0 ->> 'cancelRequested')::boolean, false);
  IF notify AND status = 'ok' AND NOT (outcomes -> 0 ->> 'renews')::boolean THEN
    PERFORM tell_outcomes(json_build_array(change), outcomes);
  END IF;
END $$;

-- Without a token a change would be fenced by nothing.
CREATE OR REPLACE FUNCTION check_token(subject text, token bigint) RETURNS void ${HELPER} AS $$
BEGIN
  IF token IS NULL THEN
    PERFORM refuse(subject || ': "token" is missing.', 'Pass on the token that claim answered with the job.');
  END IF;
END $$;
`;
