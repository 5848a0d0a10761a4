import { HELPER, READING_CLAUSE, SURFACE_CLAUSE } from "./surface-clause.ts";

/** What a job of `enqueue_bulk` may say. */
const OPTIONS = "type payload lane id priority run_at delay max_attempts backoff timeout group state progress".split(
  " ",
);

/**
 * `enqueue` adds a job and answers its id; `enqueue_bulk` adds many and tells of each whether it was added. They take part
 * in the caller's transaction: nobody sees the jobs, and nobody is woken, before the commit (P5).
 */
export const SURFACE_ENQUEUE = String.raw`
-- An id that is kept already is answered as it is, and changes nothing (P3).
CREATE OR REPLACE FUNCTION enqueue(type text, payload jsonb DEFAULT 'null', lane text DEFAULT NULL, id text DEFAULT NULL,
  priority bigint DEFAULT 512, run_at timestamptz DEFAULT NULL, delay interval DEFAULT NULL, max_attempts int DEFAULT 3,
  backoff jsonb DEFAULT NULL, timeout interval DEFAULT NULL, "group" text DEFAULT NULL, state text DEFAULT 'waiting',
  progress jsonb DEFAULT NULL, notify boolean DEFAULT true)
RETURNS text ${SURFACE_CLAUSE} AS $$
DECLARE
  job json := new_job('Cannot enqueue', type, payload, lane, id, priority, run_at, delay, max_attempts, backoff, timeout,
    "group", state, progress);
  existing text := insert_jobs(json_build_array(job), ARRAY[job ->> 'lane'], NULL, id IS NULL, false, false, false, NULL);
BEGIN
  IF notify AND existing IS NULL THEN
    PERFORM tell(ARRAY[job ->> 'lane'], NULL);
  END IF;
  RETURN job ->> 'id';
END $$;

-- Each job is an object with the options of enqueue. Places count from 1. With all_or_none one that exists stops them all.
CREATE OR REPLACE FUNCTION enqueue_bulk(jobs jsonb, all_or_none boolean DEFAULT false, notify boolean DEFAULT true)
RETURNS TABLE (place int, status text, id text) ROWS 1000 ${READING_CLAUSE} AS $$
DECLARE
  given json[] := '{}';
  lanes text[];
  is_fresh boolean;
  outcome json;
BEGIN
  -- What jsonb_agg makes of no rows.
  IF jobs IS NULL THEN RETURN; END IF;
  IF jsonb_typeof(jobs) <> 'array' THEN
    PERFORM refuse('Cannot enqueue: "jobs" is not a list.', 'Give a JSON array of objects such as {"type": "mail.send"}.');
  END IF;
  IF jsonb_array_length(jobs) > 10000 OR octet_length(jobs::text) > 16777216 THEN
    PERFORM refuse('Cannot enqueue more than 10000 jobs or 16777216 bytes at once.', 'Make several calls.');
  END IF;
  given := ARRAY(SELECT new_job_of(format('Cannot enqueue job %s', j.n), j.job)
    FROM jsonb_array_elements(jobs) WITH ORDINALITY j(job, n) ORDER BY j.n);
  lanes := ARRAY(SELECT DISTINCT g.job ->> 'lane' FROM unnest(given) g(job));
  is_fresh := NOT coalesce(all_or_none, false) AND NOT EXISTS (SELECT FROM jsonb_array_elements(jobs) j(job) WHERE j.job ->> 'id' IS NOT NULL);
  outcome := insert_jobs(array_to_json(given), lanes, NULL, is_fresh, coalesce(all_or_none, false), false, false, NULL);
  RETURN QUERY
  SELECT g.n::int, CASE WHEN e.n IS NOT NULL THEN 'existing' WHEN outcome -> 'skipped' IS NOT NULL THEN 'skipped' ELSE 'added' END,
    g.job ->> 'id'
  FROM unnest(given) WITH ORDINALITY g(job, n)
  LEFT JOIN (SELECT (e.pair ->> 0)::bigint FROM json_array_elements(outcome -> 'existing') e(pair)) e(n) ON e.n = g.n
  ORDER BY g.n;
  IF notify AND outcome -> 'skipped' IS NULL THEN
    PERFORM tell(lanes, NULL);
  END IF;
END $$;

-- The job that an object with the options of enqueue describes.
CREATE OR REPLACE FUNCTION new_job_of(subject text, options jsonb) RETURNS json ${HELPER} AS $$
DECLARE
  unknown text;
BEGIN
  IF jsonb_typeof(options) <> 'object' THEN
    PERFORM refuse(subject || ': it is not an object.', 'Give an object such as {"type": "mail.send", "payload": {}}.');
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(options) k(key)
  WHERE key <> ALL ('{${OPTIONS.join(",")}}') LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse(format('%s: there is no option %s.', subject, shown(unknown)), 'The options are ${OPTIONS.join(", ")}.');
  END IF;
  RETURN new_job(subject, json_text(subject, options, 'type'), options -> 'payload', json_text(subject, options, 'lane'),
    json_text(subject, options, 'id'), json_int(subject, options, 'priority'), json_time(subject, options, 'run_at'),
    json_interval(subject, options, 'delay'), json_int(subject, options, 'max_attempts'), options -> 'backoff',
    json_interval(subject, options, 'timeout'), json_text(subject, options, 'group'), json_text(subject, options, 'state'),
    options -> 'progress');
END $$;

CREATE OR REPLACE FUNCTION json_text(subject text, options jsonb, option text) RETURNS text ${HELPER} AS $$
BEGIN
  IF jsonb_typeof(options -> option) NOT IN ('string', 'null') THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left((options -> option)::text, 60)), 'Give a string.');
  END IF;
  RETURN options ->> option;
END $$;

CREATE OR REPLACE FUNCTION json_int(subject text, options jsonb, option text) RETURNS bigint ${HELPER} AS $$
DECLARE
  value jsonb := nullif(options -> option, 'null');
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(value) = 'number' AND value BETWEEN '-9007199254740991' AND '9007199254740991' THEN
    IF value::numeric % 1 = 0 THEN RETURN value::numeric; END IF;
  END IF;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)), 'Give a whole number.');
END $$;

CREATE OR REPLACE FUNCTION json_interval(subject text, options jsonb, option text) RETURNS interval ${HELPER} AS $$
DECLARE
  value jsonb := nullif(options -> option, 'null');
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  BEGIN
    IF jsonb_typeof(value) = 'string' THEN RETURN (value #>> '{}')::interval; END IF;
  EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR interval_field_overflow THEN
    -- Refused like any other.
  END;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)),
    'Give an interval as text, such as "5 min".');
END $$;

CREATE OR REPLACE FUNCTION json_time(subject text, options jsonb, option text) RETURNS timestamptz ${HELPER} AS $$
DECLARE
  value jsonb := nullif(options -> option, 'null');
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  BEGIN
    IF jsonb_typeof(value) = 'string' THEN RETURN (value #>> '{}')::timestamptz; END IF;
  EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_parameter_value THEN
    -- Refused like any other.
  END;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)),
    'Give a time as text with its offset, such as "2030-01-31T12:00:00Z"; without one it is UTC.');
END $$;
`;
