import { HELPER } from "./surface-clause.ts";

/** The api's bound for a stored key, and what a hash leaves of it to the type (unique-key.ts of the api). */
const MAX_KEY_LENGTH = 255;
const MAX_TYPE_LENGTH = MAX_KEY_LENGTH - 45;

/** How long a text is to JavaScript: characters beyond the first 65536 count twice. */
const UNITS = (value: string): string =>
  String.raw`length(regexp_replace(${value}, E'[\\U00010000-\\U0010FFFF]', 'xx', 'g'))`;

/**
 * What other jobs mean to a job, checked and in the form that is stored with it (P17, P18, P20), and how long it is kept
 * (P26). A unique key is stored as TypeScript stores it, so that workers and callers of both kinds mean the same.
 */
export const SURFACE_SHAPE = String.raw`
CREATE OR REPLACE FUNCTION stored_unique(subject text, type text, key text, until text) RETURNS json ${HELPER} AS $$
DECLARE
  window_ms bigint;
BEGIN
  IF key IS NULL THEN
    IF until IS NOT NULL THEN
      PERFORM refuse(subject || ': "unique_until" goes with "unique_key".', 'Name the key, or leave this out.');
    END IF;
    RETURN NULL;
  END IF;
  IF key = '' THEN
    PERFORM refuse(subject || ': "unique_key" cannot be "".', 'Give a text of at least one character, or leave it out.');
  END IF;
  IF until NOT IN ('started', 'finished') THEN
    BEGIN
      window_ms := ms_of(subject, 'unique_until', until::interval, 1);
    EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR interval_field_overflow THEN
      PERFORM refuse(format('%s: "unique_until" cannot be %s.', subject, shown(until)),
        'Give started, finished, or for how long it is to count, such as "10 min".');
    END;
  END IF;
  RETURN json_build_object('key', stored_key(type, key), 'until', CASE WHEN window_ms IS NULL THEN to_json(coalesce(until, 'finished'))
    ELSE json_build_object('windowMs', window_ms) END);
END $$;

-- The key covers the type, so that jobs of different types do not meet: as it is where that can be read back, else a hash.
CREATE OR REPLACE FUNCTION stored_key(type text, key text) RETURNS text ${HELPER} AS $$
DECLARE
  plain text := type || ':' || key;
BEGIN
  IF strpos(type, ':') = 0 AND NOT starts_with(key, '#') AND ${UNITS("plain")} <= ${MAX_KEY_LENGTH}
    AND plain COLLATE "C" !~ E'[\\u0001-\\u001F\\u007F-\\u009F]' THEN
    RETURN plain;
  END IF;
  RETURN (
      SELECT string_agg(CASE WHEN c.units <= ${MAX_TYPE_LENGTH} THEN c.letter ELSE '_' END, '' ORDER BY c.n) FROM (
        SELECT l.letter, l.n, sum(${UNITS("l.letter")}) OVER (ORDER BY l.n) AS units
        FROM regexp_split_to_table(type, '') WITH ORDINALITY l(letter, n)) c
      WHERE c.units - ${UNITS("c.letter")} < ${MAX_TYPE_LENGTH})
    || ':#' || rtrim(translate(encode(sha256(convert_to(format('[%s,["key",%s]]', to_json(type), to_json(key)), 'UTF8')), 'base64'),
      '+/', '-_'), '=');
END $$;

CREATE OR REPLACE FUNCTION checked_ordering_key(subject text, key text) RETURNS text ${HELPER} AS $$
BEGIN
  PERFORM check_name(subject, 'ordering_key', key);
  IF starts_with(key, '$') THEN
    PERFORM refuse(format('%s: "ordering_key" cannot be %s.', subject, shown(key)),
      'Keys that begin with $ are reserved; choose another one.');
  END IF;
  RETURN key;
END $$;

CREATE OR REPLACE FUNCTION stored_dependencies(subject text, id text, state text, depends_on text[], on_parent text)
RETURNS text[] ${HELPER} AS $$
DECLARE
  wrong text;
BEGIN
  IF on_parent IS NOT NULL AND depends_on IS NULL THEN
    PERFORM refuse(subject || ': "on_parent" goes with "depends_on".', 'Say what it depends on, or leave this out.');
  END IF;
  IF on_parent NOT IN ('cancel', 'release', 'leave') THEN
    PERFORM refuse(format('%s: "on_parent" cannot be %s.', subject, shown(on_parent)), 'Give cancel, release or leave.');
  END IF;
  IF coalesce(depends_on, '{}') = '{}' THEN RETURN NULL; END IF;
  IF cardinality(depends_on) > 10000 THEN
    PERFORM refuse(subject || ': "depends_on" has more than 10000 ids.', 'Put a job in between that waits for some of them.');
  END IF;
  SELECT shown(d.id) INTO wrong FROM unnest(depends_on) d(id)
  WHERE d.id IS NULL OR length(d.id) - strpos(d.id, ':') > 255
    OR d.id COLLATE "C" !~ E'^[A-Za-z0-9_.-]{1,100}:[^\\u0001-\\u001F\\u007F-\\u009F]+$' LIMIT 1;
  IF wrong IS NOT NULL THEN
    PERFORM refuse(format('%s: there cannot be %s in "depends_on".', subject, wrong),
      'Give whole ids of jobs, <lane>:<local id>, as enqueue answers them.');
  END IF;
  IF state <> 'waiting' THEN
    PERFORM refuse(subject || ': "state" and "depends_on" are both given.',
      'A job that depends on others begins as blocked and then waits; leave "state" out.');
  END IF;
  IF id = ANY (depends_on) THEN
    PERFORM refuse(format('%s: %s depends on itself.', subject, shown(id)), 'Leave its own id out of "depends_on".');
  END IF;
  RETURN ARRAY(SELECT d.id FROM unnest(depends_on) WITH ORDINALITY d(id, n) GROUP BY d.id ORDER BY min(d.n));
END $$;

-- How long finished jobs are kept, in milliseconds or false for not at all; of a lane also how many.
CREATE OR REPLACE FUNCTION stored_keep(subject text, given jsonb, has_count boolean) RETURNS json ${HELPER} AS $$
DECLARE
  remedy constant text := 'Give an object such as {"completed": "1 day", "failed": "30 days", "cancelled": false}'
    || CASE WHEN has_count THEN ', perhaps with a "count".' ELSE '.' END;
  stored jsonb := '{}';
  kept text;
  value jsonb;
BEGIN
  IF given IS NULL OR given = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(given) <> 'object' THEN
    PERFORM refuse(subject || ': "keep" is not an object.', remedy);
  END IF;
  FOR kept, value IN SELECT e.key, e.value FROM jsonb_each(given) e WHERE e.value <> 'null' LOOP
    IF kept = 'count' AND has_count THEN
      stored := stored || jsonb_build_object(kept, json_whole(subject, 'keep.count', value, 0, 9007199254740991));
    ELSIF kept NOT IN ('completed', 'failed', 'cancelled') THEN
      PERFORM refuse(format('%s: "keep" has no %s.', subject, shown(kept)), remedy);
    ELSIF value = 'false' THEN
      stored := stored || jsonb_build_object(kept, false);
    ELSIF jsonb_typeof(value) = 'boolean' THEN
      PERFORM refuse(format('%s: "keep.%s" cannot be true.', subject, kept), remedy);
    ELSE
      stored := stored || jsonb_build_object(kept, json_ms(subject, 'keep.' || kept, value));
    END IF;
  END LOOP;
  RETURN stored;
END $$;

-- A whole number in JSON, within bounds.
CREATE OR REPLACE FUNCTION json_whole(subject text, option text, value jsonb, least_one bigint, most bigint) RETURNS bigint ${HELPER} AS $$
BEGIN
  IF jsonb_typeof(value) = 'number' AND value BETWEEN to_jsonb(least_one) AND to_jsonb(most) THEN
    IF value::numeric % 1 = 0 THEN RETURN value::numeric; END IF;
  END IF;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)),
    format('Give a whole number from %s to %s.', least_one, most));
END $$;
`;
