import { CLAUSE, CLOCK, DURABILITY } from "./clause.ts";
import { hasId } from "./lookup.ts";

/**
 * `append_events` adds user events to the logs of jobs; with a token, fenced (P13, P22). An entry is
 * `{ id, event: [value], token? }`. The answer is a list of statuses.
 */
export const APPEND_EVENTS = String.raw`
CREATE OR REPLACE FUNCTION append_events(entries json, at bigint, durability text) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  entry record;
  sorted text[];
  is_found boolean;
  statuses text[] := '{}';
BEGIN ${DURABILITY}
  -- In the order of their ids, so that two calls about the same jobs do not wait for each other. They are sorted before,
  -- since to avoid sorting the rows the planner would read the index from end to end.
  IF json_array_length(entries) > 1 THEN
    sorted := (SELECT array_agg(e.id ORDER BY e.id COLLATE "C") FROM json_to_recordset(entries) AS e(id text));
    PERFORM FROM unnest(sorted) WITH ORDINALITY g(id, place)
    JOIN hot_jobs j ON ${hasId("j", "g.id")} ORDER BY g.place FOR UPDATE OF j;
    sorted := (SELECT array_agg(e.id ORDER BY e.id COLLATE "C") FROM json_to_recordset(entries) AS e(id text, token bigint)
      WHERE e.token IS NULL);
    PERFORM FROM unnest(sorted) WITH ORDINALITY g(id, place) JOIN history h ON h.id = g.id ORDER BY g.place FOR UPDATE OF h;
  END IF;
  FOR entry IN SELECT * FROM json_to_recordset(entries) AS e(id text, event json, token bigint) LOOP
    -- A job that was not found where it was looked for first has moved in between, at most once.
    FOR attempt IN 1 .. 2 LOOP
      UPDATE hot_jobs j SET updated_at = clock, touched = CASE WHEN j.touched IS NOT NULL THEN nextval('ticks') END
      WHERE j.id = entry.id AND j.lane = split_part(entry.id, ':', 1)
        AND (entry.token IS NULL OR (j.token = entry.token AND j.lease_until > clock));
      is_found := FOUND;
      EXIT WHEN is_found OR entry.token IS NOT NULL;
      UPDATE history h SET updated_at = clock WHERE h.id = entry.id;
      is_found := FOUND;
      EXIT WHEN is_found;
    END LOOP;
    IF NOT is_found THEN
      -- Without a token nothing can be stale: a job that is there by now came after the look.
      statuses := statuses
        || CASE WHEN entry.token IS NULL OR job_as_list(entry.id) IS NULL THEN 'missing' ELSE 'stale' END;
      CONTINUE;
    END IF;
    INSERT INTO events (id, at, kind, detail)
    VALUES (entry.id, clock, 'user', json_build_object('data', entry.event -> 0));
    statuses := statuses || 'ok'::text;
  END LOOP;
  RETURN array_to_json(statuses)::text;
END $$;
`;
