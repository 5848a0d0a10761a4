import { CLOCK } from "./clause.ts";
import { HELPER, SURFACE_CLAUSE } from "./surface-clause.ts";
import { readable, readableType } from "./surface-columns.ts";

/** What a worker needs to know of a job. Not the holder, whose name it gave itself. */
const CLAIMED =
  "id type payload token attempt max_attempts lane state priority run_at lease_until group timeout progress error inserted_at version".split(
    " ",
  );

/** How many jobs whose lease has ended one claim settles. */
const RESCUED = 1000;

/**
 * `claim` takes due jobs of these lanes, or of all, under a lease: `poll`, which a worker in any language can call (P6,
 * P7). In passing it settles those whose holder did not, so that a store with such workers only needs no reaper (P15).
 *
 * - It looks for ended leases about once a second in each session. When it last did is kept in a setting of the session,
 *   only as a hint: without it, as behind a pooler, it looks more often or less often, and the outcome is the same.
 * - A claim by type looks through a lane until it finds something, a bounded part of it at a time.
 */
export const SURFACE_CLAIM = String.raw`
CREATE OR REPLACE FUNCTION claim(lanes text[] DEFAULT NULL, n int DEFAULT 1, lease interval DEFAULT '30 s',
  holder text DEFAULT NULL, types text[] DEFAULT NULL)
RETURNS TABLE (${CLAIMED.map((name) => readableType(name)).join(", ")}) ROWS 10 ${SURFACE_CLAUSE} AS $$
DECLARE
  subject constant text := 'Cannot claim';
  asked text[] := lanes;
  lease_ms bigint := ms_of(subject, 'lease', coalesce(lease, '30 s'), 1);
  whose text := coalesce(holder, left(coalesce(nullif(current_setting('application_name'), ''), 'sql'), 200)
    || '/' || pg_backend_pid());
  names text[];
  patterns text[];
  resumed json;
  j record;
BEGIN
  IF n IS NULL OR n NOT BETWEEN 1 AND 10000 THEN
    PERFORM refuse(format('%s %s jobs.', subject, n), 'Give a whole number from 1 to 10000 as "n".');
  END IF;
  PERFORM check_name(subject, 'holder', whose);
  IF asked IS NULL THEN
    asked := every_lane();
  ELSIF array_position(asked, NULL) IS NOT NULL THEN
    PERFORM refuse(subject || ': there is a null in "lanes".', 'Name lanes, or leave "lanes" out for all of them.');
  ELSE
    PERFORM check_lane(subject, 'lanes', e.lane) FROM unnest(asked) e(lane);
  END IF;
  IF types IS NOT NULL THEN
    names := ARRAY(SELECT t.type FROM unnest(types) t(type) WHERE strpos(t.type, '*') = 0);
    patterns := ARRAY(SELECT type_pattern(t.type) FROM unnest(types) t(type) WHERE strpos(t.type, '*') > 0);
  END IF;
  -- Leases reach the disk, or a server that crashes could give a token out again (P13).
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  PERFORM rescue_now_and_then(asked, coalesce(array_to_string(lanes, ' '), '*'));

  LOOP
    FOR j IN SELECT * FROM poll(asked, array_fill(n, ARRAY[cardinality(asked)]), 0, names, patterns, resumed,
      'waiting', 'active', n, lease_ms, whose, 0, NULL, NULL, 'on')
    LOOP
      IF j.kind = 0 THEN
        ${CLAIMED.map((name) => `${name === "group" ? '"group"' : name} := ${readable("j", name)};`).join("\n        ")}
        RETURN NEXT;
      ELSE
        -- Where a claim by type stopped, which it does only with fewer than it was asked for.
        resumed := (SELECT json_object_agg(p.place ->> 0, p.place -> 1) FROM json_array_elements(j.payload::json) p(place));
      END IF;
    END LOOP;
    EXIT WHEN id IS NOT NULL OR resumed IS NULL;
  END LOOP;
END $$;

-- All lanes but AnyQueue's own, from another one each time, so that none starves.
CREATE OR REPLACE FUNCTION every_lane() RETURNS text[] ${HELPER} AS $$
DECLARE
  all_lanes text[] := ARRAY(SELECT DISTINCT l.lane FROM lane_names l WHERE NOT starts_with(l.lane, '$') ORDER BY l.lane);
  start int := floor(random() * cardinality(all_lanes));
BEGIN
  RETURN all_lanes[start + 1 :] || all_lanes[: start];
END $$;

CREATE OR REPLACE FUNCTION rescue_now_and_then(asked text[], named text) RETURNS void ${HELPER} AS $$
DECLARE
  clock bigint := ${CLOCK};
  -- Few names for many sets of lanes: two that share one wait for each other, and chance has them take turns.
  setting text := 'anyqueue.rescue_' || (hashtext(current_schema() || ' ' || named) & 15);
  next bigint := coalesce(substring(current_setting(setting, true) FROM '^[0-9]{1,15}$'), '0');
BEGIN
  -- A time that is far ahead was set before the clock went back.
  IF clock < next AND next < clock + 2000 THEN RETURN; END IF;
  IF rescue(asked, ${RESCUED}) < ${RESCUED} THEN
    PERFORM set_config(setting, floor(clock + 750 + random() * 500)::text, false);
  END IF;
END $$;

-- A type pattern as a regular expression for a type with a dot behind it, as in type-filter.ts.
CREATE OR REPLACE FUNCTION type_pattern(pattern text) RETURNS text ${HELPER} AS $$
BEGIN
  RETURN '^' || (
    SELECT string_agg(CASE s.segment WHEN '**' THEN E'([^.]*\\.)*' WHEN '*' THEN E'[^.]*\\.'
      ELSE regexp_replace(s.segment, '([!-/:-@[-${"`"}{-~])', E'\\\\\\1', 'g') || E'\\.' END, '' ORDER BY s.n)
    FROM unnest(string_to_array(pattern, '.')) WITH ORDINALITY s(segment, n)) || '$';
END $$;
`;
