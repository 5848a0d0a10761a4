import { HELPER, READING_CLAUSE, SURFACE_CLAUSE } from "./surface-clause.ts";

/** What a job of `enqueue_bulk` may say. */
const OPTIONS = (
  "type payload lane id priority run_at delay max_attempts backoff timeout group state progress " +
  "unique_key unique_until ordering_key depends_on on_parent keep"
).split(" ");

/** The types of the arguments of `enqueue`, as layout 1 had them and as they are. */
const OLD_TYPES =
  "text, jsonb, text, text, bigint, timestamptz, interval, int, jsonb, interval, text, text, jsonb, boolean";
const TYPES = `${OLD_TYPES}, text, text, text, text[], text, jsonb`;

/**
 * `enqueue` adds a job and answers its id; `enqueue_bulk` adds many and tells of each whether it was added. They take part
 * in the caller's transaction: nobody sees the jobs, and nobody is woken, before the commit (P5).
 *
 * A lane without room makes `enqueue` raise AQ005, so that the caller's transaction does not go on as if the job were there;
 * `enqueue_bulk` tells of it.
 */
export const SURFACE_ENQUEUE = String.raw`
-- An id that is kept already is answered as it is, and changes nothing (P3); so is the job that holds its unique key (P17).
CREATE OR REPLACE FUNCTION enqueue(type text, payload jsonb DEFAULT 'null', lane text DEFAULT NULL, id text DEFAULT NULL,
  priority bigint DEFAULT 512, run_at timestamptz DEFAULT NULL, delay interval DEFAULT NULL, max_attempts int DEFAULT 3,
  backoff jsonb DEFAULT NULL, timeout interval DEFAULT NULL, "group" text DEFAULT NULL, state text DEFAULT 'waiting',
  progress jsonb DEFAULT NULL, notify boolean DEFAULT true, unique_key text DEFAULT NULL, unique_until text DEFAULT NULL,
  ordering_key text DEFAULT NULL, depends_on text[] DEFAULT NULL, on_parent text DEFAULT NULL, keep jsonb DEFAULT NULL)
RETURNS text ${SURFACE_CLAUSE} AS $$
DECLARE
  job json := new_job('Cannot enqueue', type, payload, lane, id, priority, run_at, delay, max_attempts, backoff, timeout,
    "group", state, progress, unique_key, unique_until, ordering_key, depends_on, on_parent, keep);
  answer json := add_jobs('Cannot enqueue', json_build_array(job), ARRAY[job ->> 'lane'], id IS NULL, false,
    num_nonnulls(unique_key, ordering_key, depends_on) > 0, notify);
BEGIN
  IF answer -> 'existing' -> 0 IS NOT NULL THEN
    RETURN coalesce(answer -> 'existing' -> 0 -> 1 ->> 1, job ->> 'id');
  END IF;
  IF answer -> 'full' -> 0 IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'AQ005', MESSAGE = format('Cannot enqueue: the lane %s is full, it takes %s unfinished jobs.',
        shown(job ->> 'lane'), (SELECT l.capacity FROM lane_settings l WHERE l.lane = job ->> 'lane')),
      HINT = 'Try again when some of its jobs have ended, give it a higher "capacity" with set_lane, or call enqueue_bulk, '
        'which answers full instead.';
  END IF;
  RETURN job ->> 'id';
END $$;

-- Who might call the function of layout 1 may call the one that takes its place.
DO $$
DECLARE
  old regprocedure := to_regprocedure('enqueue(${OLD_TYPES})');
  role name;
BEGIN
  IF old IS NULL THEN RETURN; END IF;
  FOR role IN SELECT r.rolname FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.oid = old AND a.grantee <> p.proowner LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION enqueue(${TYPES}) TO %I', role);
  END LOOP;
  EXECUTE format('DROP FUNCTION %s', old);
  DROP FUNCTION IF EXISTS new_job(text, text, jsonb, text, text, bigint, timestamptz, interval, bigint, jsonb, interval, text, text, jsonb);
END $$;

-- Each job is an object with the options of enqueue. Places count from 1. With all_or_none one that is not added stops them all.
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
  IF EXISTS (SELECT FROM unnest(given) g(job) WHERE g.job -> 'extra' -> 'dependsOn' IS NOT NULL) THEN
    PERFORM refuse_circle('Cannot enqueue', given);
  END IF;
  outcome := add_jobs('Cannot enqueue', array_to_json(given), lanes, is_fresh, coalesce(all_or_none, false), EXISTS (
      SELECT FROM unnest(given) g(job) WHERE num_nonnulls(g.job -> 'extra' -> 'unique', g.job -> 'extra' -> 'orderingKey',
        g.job -> 'extra' -> 'dependsOn') > 0), notify);
  RETURN QUERY
  SELECT g.n::int, CASE WHEN e.n IS NOT NULL THEN 'existing' WHEN f.n IS NOT NULL THEN 'full'
    WHEN outcome -> 'skipped' IS NOT NULL THEN 'skipped' ELSE 'added' END, coalesce(e.id, g.job ->> 'id')
  FROM unnest(given) WITH ORDINALITY g(job, n)
  LEFT JOIN (SELECT (e.pair ->> 0)::bigint, e.pair -> 1 ->> 1 FROM json_array_elements(outcome -> 'existing') e(pair)) e(n, id)
    ON e.n = g.n
  LEFT JOIN (SELECT f.n::bigint FROM json_array_elements_text(outcome -> 'full') f(n)) f ON f.n = g.n
  ORDER BY g.n;
END $$;

-- Stores new jobs, answers what insert_jobs answers, and wakes who waits for them. Shaped: other jobs decide about some of them.
CREATE OR REPLACE FUNCTION add_jobs(subject text, given json, lanes text[], fresh boolean, all_or_none boolean, shaped boolean,
  notify boolean) RETURNS json ${HELPER} AS $$
DECLARE
  answer json;
BEGIN
  IF shaped AND strpos(given::text, '"dependsOn"') > 0 THEN
    BEGIN
      answer := insert_jobs(given, lanes, NULL, fresh, all_or_none, true, false, NULL);
    EXCEPTION WHEN SQLSTATE 'AQ004' THEN
      PERFORM tell_circle(subject, SQLERRM);
    END;
  ELSE
    answer := insert_jobs(given, lanes, NULL, fresh, all_or_none, shaped, false, NULL);
  END IF;
  IF NOT notify OR answer -> 'skipped' IS NOT NULL THEN RETURN answer; END IF;
  IF coalesce(json_array_length(answer -> 'existing'), 0) + coalesce(json_array_length(answer -> 'full'), 0) < json_array_length(given) THEN
    -- Some may have been cancelled at once for want of what they depend on.
    PERFORM tell(lanes, CASE WHEN answer -> 'ended' -> 0 IS NOT NULL THEN ARRAY(
      SELECT DISTINCT split_part(e.id, ':', 1) FROM json_array_elements_text(answer -> 'ended') e(id)) END);
  END IF;
  RETURN answer;
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
    options -> 'progress', json_text(subject, options, 'unique_key'), json_text(subject, options, 'unique_until'),
    json_text(subject, options, 'ordering_key'), json_texts(subject, options, 'depends_on'),
    json_text(subject, options, 'on_parent'), options -> 'keep');
END $$;

CREATE OR REPLACE FUNCTION json_texts(subject text, options jsonb, option text) RETURNS text[] ${HELPER} AS $$
DECLARE
  value jsonb := nullif(options -> option, 'null');
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(value) = 'array' AND NOT jsonb_path_exists(value, 'strict $[*] ? (@.type() != "string")') THEN
    RETURN ARRAY(SELECT jsonb_array_elements_text(value));
  END IF;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)), 'Give a list of strings.');
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
