import { HELPER } from "./surface-clause.ts";

/**
 * `new_job` checks a job and fills in its defaults, as `Store.insert` does; what is null is as good as not given. The
 * answer is what `insert_jobs` takes.
 */
export const SURFACE_NEW_JOB = String.raw`
CREATE OR REPLACE FUNCTION new_job(subject text, type text, payload jsonb, lane text, id text, priority bigint,
  run_at timestamptz, delay interval, max_attempts bigint, backoff jsonb, timeout interval, "group" text, state text,
  progress jsonb, unique_key text, unique_until text, ordering_key text, depends_on text[], on_parent text, keep jsonb) RETURNS json ${HELPER} AS $$
DECLARE
  extra json;
  needed text[];
BEGIN
  IF type IS NULL THEN
    PERFORM refuse(subject || ': "type" is missing.', 'Name what is to be done, such as mail.send.');
  END IF;
  PERFORM check_name(subject, 'type', type);
  IF strpos(id, ':') = 0 THEN
    lane := coalesce(lane, 'default');
    id := lane || ':' || id;
  ELSIF coalesce(lane <> split_part(id, ':', 1), false) THEN
    PERFORM refuse(format('%s: "id" cannot be %s in the lane %s.', subject, shown(id), shown(lane)),
      'A whole id begins with its lane and a colon; without a colon the lane is put before it.');
  ELSE
    lane := coalesce(lane, split_part(id, ':', 1), 'default');
    id := coalesce(id, lane || ':' || local_id());
  END IF;
  PERFORM check_lane(subject, 'lane', lane);
  PERFORM check_name(subject, 'id', substr(id, length(lane) + 2));
  PERFORM check_name(subject, 'group', "group");

  state := coalesce(state, 'waiting');
  IF state <> 'waiting' THEN
    PERFORM check_name(subject, 'state', state);
    IF state IN ('active', 'blocked', 'completed', 'failed', 'cancelled') OR starts_with(state, '$') THEN
      PERFORM refuse(format('%s: a job cannot begin as %s.', subject, shown(state)),
        'Leave "state" out, or name a state of your own that does not begin with $.');
    END IF;
  END IF;
  IF priority NOT BETWEEN 0 AND 4294967295 THEN
    PERFORM refuse(format('%s: "priority" cannot be %s.', subject, priority),
      'Give a whole number from 0 to 4294967295; lower runs first, and 512 is the default.');
  END IF;
  IF max_attempts NOT BETWEEN 1 AND 1000000 THEN
    PERFORM refuse(format('%s: "max_attempts" cannot be %s.', subject, max_attempts),
      'Give a whole number from 1 to 1000000: how often it may be tried in total.');
  END IF;
  IF run_at IS NOT NULL AND delay IS NOT NULL THEN
    PERFORM refuse(subject || ': "run_at" and "delay" are both given.', 'Give one of them.');
  END IF;
  PERFORM check_value(subject, 'payload', payload);
  PERFORM check_value(subject, 'progress', progress);
  IF num_nonnulls(backoff, timeout, unique_key, unique_until, ordering_key, depends_on, on_parent, keep) > 0 THEN
    needed := stored_dependencies(subject, id, state, depends_on, on_parent);
    extra := json_strip_nulls(json_build_object('backoff', stored_backoff(subject, backoff),
      'timeoutMs', ms_of(subject, 'timeout', timeout, 1), 'orderingKey', checked_ordering_key(subject, ordering_key),
      'unique', stored_unique(subject, type, unique_key, unique_until),
      'dependsOn', needed, 'onParent', CASE WHEN needed IS NOT NULL THEN coalesce(on_parent, 'cancel') END,
      'keep', stored_keep(subject, keep, false)));
  END IF;
  RETURN json_build_object('id', id, 'lane', lane, 'type', type, 'payload', payload, 'state', state,
    'priority', coalesce(priority, 512), 'maxAttempts', coalesce(max_attempts, 3), 'runAt', ms_at(subject, 'run_at', run_at),
    'delayMs', ms_of(subject, 'delay', delay, 0), 'group', "group", 'extra', extra,
    'progress', CASE WHEN progress IS NOT NULL THEN json_build_array(progress) END);
END $$;

-- A backoff as it is stored with a job. Taken as TypeScript's add takes it, {"type", "delay", "max", "jitter"} with
-- milliseconds or text such as "1 s", or in the stored form, {"type", "delayMs", "maxMs", "jitter"}.
CREATE OR REPLACE FUNCTION stored_backoff(subject text, given jsonb) RETURNS json ${HELPER} AS $$
DECLARE
  remedy constant text := 'Give an object such as {"type": "exponential", "delay": "1 s", "max": "10 min", "jitter": 0.2}; '
    'the types are fixed, linear and exponential, and the jitter goes from 0 to 1.';
  unknown text;
  kind text := given ->> 'type';
  jitter jsonb := nullif(given -> 'jitter', 'null');
  delay_ms bigint;
  max_ms bigint;
BEGIN
  IF given IS NULL OR given = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(given) <> 'object' THEN
    PERFORM refuse(subject || ': "backoff" is not an object.', remedy);
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(given) k(key)
  WHERE key NOT IN ('type', 'delay', 'delayMs', 'max', 'maxMs', 'jitter') LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse(format('%s: "backoff" has no %s.', subject, shown(unknown)), remedy);
  END IF;
  IF coalesce(kind, '') NOT IN ('fixed', 'linear', 'exponential') THEN
    PERFORM refuse(format('%s: the type of "backoff" cannot be %s.', subject, shown(kind)), remedy);
  END IF;
  delay_ms := json_ms(subject, 'backoff.delay', coalesce(nullif(given -> 'delay', 'null'), given -> 'delayMs'));
  max_ms := json_ms(subject, 'backoff.max', coalesce(nullif(given -> 'max', 'null'), given -> 'maxMs'));
  IF delay_ms IS NULL THEN
    PERFORM refuse(subject || ': "backoff" has no delay.', remedy);
  END IF;
  IF jitter IS NOT NULL AND NOT (jsonb_typeof(jitter) = 'number' AND jitter BETWEEN '0' AND '1') THEN
    PERFORM refuse(format('%s: the jitter of "backoff" cannot be %s.', subject, jitter), remedy);
  END IF;
  RETURN json_strip_nulls(json_build_object('type', kind, 'delayMs', delay_ms, 'maxMs', max_ms, 'jitter', jitter));
END $$;

-- A length of time in JSON: milliseconds as a number, or an interval as text.
CREATE OR REPLACE FUNCTION json_ms(subject text, option text, value jsonb) RETURNS bigint ${HELPER} AS $$
BEGIN
  IF value IS NULL OR value = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(value) = 'number' AND value BETWEEN '0' AND '8640000000000000' THEN RETURN round(value::numeric); END IF;
  BEGIN
    IF jsonb_typeof(value) = 'string' THEN RETURN ms_of(subject, option, (value #>> '{}')::interval, 0); END IF;
  EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR interval_field_overflow THEN
    -- Refused like any other.
  END;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)),
    'Give an interval such as "1 s", or milliseconds as a number.');
END $$;

-- A time-ordered UUID (version 7, RFC 9562 §5.7), microseconds in rand_a as in its method 3.
CREATE OR REPLACE FUNCTION local_id() RETURNS text ${HELPER} AS $$
DECLARE
  us bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  ms text := lpad(to_hex(us / 1000), 12, '0');
BEGIN
  RETURN left(ms, 8) || '-' || right(ms, 4) || '-7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
    || substr(gen_random_uuid()::text, 19);
END $$;
`;
