import { HELPER } from "./surface-clause.ts";

/**
 * `tell` wakes workers and those who wait for results, with the caller's commit: the message of `wakeups/message.ts`, on
 * the channel named like the schema. It has no sender, so that everybody listens to it. Only a hint (P24).
 */
export const SURFACE_TELL = String.raw`
CREATE OR REPLACE FUNCTION tell(ready text[], finished text[]) RETURNS void ${HELPER} AS $$
DECLARE
  message text := json_strip_nulls(json_build_object('l', to_json(nullif(ready, '{}')), 'f', to_json(nullif(finished, '{}'))));
BEGIN
  IF message = '{}' THEN RETURN; END IF;
  -- Postgres takes less than 8000 bytes; what is too much to list may be anything.
  PERFORM pg_notify(current_schema(), CASE WHEN octet_length(message) > 7999 THEN '{"r":1}' ELSE message END);
END $$;

-- Tells of changes that cas made: what is ready again or later, and what has ended, also of others because of them.
CREATE OR REPLACE FUNCTION tell_outcomes(changes json, outcomes json) RETURNS void ${HELPER} AS $$
DECLARE
  ready text[];
  finished text[];
BEGIN
  SELECT array_agg(DISTINCT d.lane) FILTER (WHERE NOT d.is_end), array_agg(DISTINCT d.lane) FILTER (WHERE d.is_end)
  INTO ready, finished FROM (
    SELECT split_part(changes -> (o.n - 1)::int ->> 'id', ':', 1) AS lane,
      o.outcome ->> 'state' IN ('completed', 'failed', 'cancelled') AS is_end
    FROM json_array_elements(outcomes) WITH ORDINALITY o(outcome, n)
    WHERE o.outcome ->> 'status' = 'ok' AND NOT (o.outcome ->> 'held')::boolean
    UNION ALL SELECT l.lane, l.is_end FROM json_array_elements(outcomes) o(outcome), LATERAL (
      SELECT json_array_elements_text(CASE json_typeof(o.outcome -> 'ready') WHEN 'array' THEN o.outcome -> 'ready' END), false
      UNION ALL
      SELECT json_array_elements_text(CASE json_typeof(o.outcome -> 'finished') WHEN 'array' THEN o.outcome -> 'finished' END), true)
      l(lane, is_end)) d;
  PERFORM tell(ready, finished);
END $$;
`;
