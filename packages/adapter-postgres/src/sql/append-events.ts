import { CLAUSE, CLOCK, DURABILITY } from "./clause.ts";

/**
 * `append_events` adds user events to the logs of jobs; with a token, fenced (P13, P22). An entry is
 * `{ id, event: [value], token? }`. The answer is a list of statuses.
 */
export const APPEND_EVENTS = String.raw`
CREATE OR REPLACE FUNCTION append_events(entries json, at bigint, durability text) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  entry record;
  held_by bigint;
  statuses text[] := '{}';
BEGIN ${DURABILITY}
  FOR entry IN SELECT * FROM json_to_recordset(entries) AS e(id text, event json, token bigint) LOOP
    UPDATE hot_jobs j SET updated_at = clock, touched = CASE WHEN j.touched IS NOT NULL THEN nextval('ticks') END
    WHERE j.id = entry.id AND j.lane = split_part(entry.id, ':', 1)
      AND (entry.token IS NULL OR (j.token = entry.token AND j.lease_until > clock));
    IF NOT FOUND THEN
      IF entry.token IS NULL THEN
        UPDATE history h SET updated_at = clock WHERE h.id = entry.id;
      END IF;
      IF NOT FOUND OR entry.token IS NOT NULL THEN
        statuses := statuses || CASE WHEN job_as_list(entry.id) IS NULL THEN 'missing' ELSE 'stale' END;
        CONTINUE;
      END IF;
    END IF;
    INSERT INTO events (id, at, kind, detail)
    VALUES (entry.id, clock, 'user', json_build_object('data', entry.event -> 0));
    statuses := statuses || 'ok'::text;
  END LOOP;
  RETURN array_to_json(statuses)::text;
END $$;
`;
