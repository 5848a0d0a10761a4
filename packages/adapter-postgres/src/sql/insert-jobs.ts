import { CLAUSE, CLOCK, DURABILITY, INNER } from "./clause.ts";
import { hasId } from "./lookup.ts";

/** A new job as `insert_jobs` takes it. `progress` is in a list of one, since null is a value too. */
export const JOB = `(id text, lane text, type text, payload json, state text, priority bigint, "maxAttempts" int, "runAt" bigint,
    "delayMs" bigint, "group" text, extra json, progress json)`;

const COLUMNS = `lane, id, type, state, place, priority, run_at, inserted_at, updated_at, max_attempts, touched, grp, extra,
    progress, payload`;

const VALUES = `g.lane, g.id, g.type, g.state,
    CASE WHEN coalesce(g."runAt", clock + g."delayMs", clock) <= clock THEN 0 ELSE 1 END,
    g.priority, coalesce(g."runAt", clock + g."delayMs", clock), clock, clock, g."maxAttempts",
    CASE WHEN g.state = 'waiting' THEN NULL ELSE nextval('ticks') END, g."group", g.extra, g.progress -> 0,
    coalesce(g.payload, 'null')`;

/** The ids of a call with their places in it, and for which time each comes. */
const TURNS = `SELECT g.id, g.n, row_number() OVER (PARTITION BY g.id ORDER BY g.n) AS turn
        FROM ROWS FROM (json_to_recordset(given) AS (id text)) WITH ORDINALITY AS g(id, n)`;

/**
 * `insert_jobs` stores jobs in the order of the array. The answer is null when all were added, else
 * `{"existing": [[place in the array, job or null], …], "skipped"?: true}`.
 *
 * - `shaped`: some of the jobs have a unique key, an ordering key or dependencies; for these, and for those of lanes with a
 *   capacity or an order of their own, see insert-shaped.ts. `spawned`: capacity is ignored.
 * - `fresh`: all ids are new, so nothing is looked for; should one exist after all, a unique violation is raised and
 *   nothing was stored. It saves a third of the work.
 * - Finished jobs are looked for *after* inserting: an insert that waited for the row of a job that was just being
 *   finished comes back when it has left for the history (P3).
 */
export const INSERT_JOBS = String.raw`
CREATE OR REPLACE FUNCTION insert_jobs(given json, entered text[], at bigint, fresh boolean, all_or_none boolean,
  shaped boolean, spawned boolean, durability text) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  added text[];
  finished text[];
  answer text;
  is_shaped boolean;
  is_recording boolean;
  new_lanes text[];
BEGIN ${DURABILITY}
  SELECT bool_or(l.is_fifo OR (l.capacity IS NOT NULL AND NOT spawned)), bool_or(l.records),
    array_agg(e.lane) FILTER (WHERE NOT EXISTS (SELECT FROM lane_names n WHERE n.lane = e.lane OFFSET 0))
  INTO is_shaped, is_recording, new_lanes
  FROM unnest(entered) e(lane) LEFT JOIN lane_settings l ON l.lane = e.lane;
  -- Asked before: an INSERT that finds nothing to store costs as much as the rest.
  IF new_lanes IS NOT NULL THEN
    INSERT INTO lane_names SELECT unnest(new_lanes);
  END IF;

  IF fresh AND NOT shaped AND is_shaped IS NOT TRUE THEN
    INSERT INTO hot_jobs (${COLUMNS}) SELECT ${VALUES} FROM json_to_recordset(given) AS g${JOB};
    IF is_recording THEN
      PERFORM log_inserted(given, NULL, clock);
    END IF;
    RETURN NULL;
  END IF;

  -- An older snapshot does not see the history of a job that was just finished, and it would run again (P3). That of a
  -- first statement is fresh, as of a call without the caller's transaction (with "durability"); a job that is being finished at this moment is then a serialization failure.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    IF durability IS NULL AND transaction_timestamp() <> statement_timestamp() THEN
      RAISE EXCEPTION USING ERRCODE = 'AQ003', MESSAGE = 'ids that may exist need a transaction that is READ COMMITTED',
        HINT = 'Begin the transaction with ISOLATION LEVEL READ COMMITTED, or let AnyQueue make the ids.';
    END IF;
    PERFORM FROM json_to_recordset(given) AS g(id text) JOIN hot_jobs j ON ${hasId("j", "g.id")}
    FOR UPDATE OF j;
  END IF;

  IF shaped OR is_shaped THEN RETURN insert_shaped(given, entered, clock, fresh, all_or_none, spawned); END IF;

  IF all_or_none THEN
    BEGIN
      answer := insert_jobs(given, entered, clock, false, false, false, spawned, durability);
      IF answer IS NULL THEN RETURN NULL; END IF;
      RAISE EXCEPTION USING ERRCODE = 'AQ001', MESSAGE = 'One of the jobs exists.';
    EXCEPTION WHEN SQLSTATE 'AQ001' THEN
      -- What was stored is undone; who stopped it was there before, or comes twice in the call. It may be gone by now.
      RETURN json_build_object('skipped', true, 'existing', (
        SELECT coalesce(json_agg(json_build_array(n, job_as_list(id))), '[]') FROM (${TURNS}) s
        WHERE turn > 1 OR job_as_list(id) IS NOT NULL))::text;
    END;
  END IF;

  WITH stored AS (
    INSERT INTO hot_jobs (${COLUMNS}) SELECT ${VALUES} FROM json_to_recordset(given) AS g${JOB}
    ON CONFLICT DO NOTHING RETURNING id)
  SELECT coalesce(array_agg(id), '{}') INTO added FROM stored;

  -- Not DISTINCT: to have them in order, some versions of Postgres would walk through the whole history.
  SELECT array_agg(h.id) INTO finished FROM unnest(added) a(id) JOIN history h ON h.id = a.id;
  IF finished IS NOT NULL THEN
    DELETE FROM hot_jobs j USING unnest(finished) f(id) WHERE ${hasId("j", "f.id")};
    added := ARRAY(SELECT a.id FROM unnest(added) a(id) WHERE a.id <> ALL (finished));
  END IF;

  PERFORM log_inserted(given, added, clock);
  IF cardinality(added) = json_array_length(given) THEN RETURN NULL; END IF;
  RETURN json_build_object('existing', (
    SELECT json_agg(json_build_array(n, job_as_list(id))) FROM (${TURNS}) s WHERE turn > 1 OR id <> ALL (added)))::text;
END $$;

-- Logs insertions in the lanes that record them (P22): of all jobs given, or of those chosen, each once.
CREATE OR REPLACE FUNCTION log_inserted(given json, chosen text[], clock bigint) RETURNS void ${INNER} AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE l.records) THEN RETURN; END IF;
  INSERT INTO events (id, at, kind, detail)
  SELECT g.id, clock, 'inserted', json_build_object('to', g.state)
  FROM (SELECT j.*, row_number() OVER (PARTITION BY j.id ORDER BY j.n) AS turn
    FROM ROWS FROM (json_to_recordset(given) AS (id text, lane text, state text)) WITH ORDINALITY AS j(id, lane, state, n)) g
  JOIN lane_settings l ON l.lane = g.lane AND l.records
  WHERE g.turn = 1 AND (chosen IS NULL OR g.id = ANY (chosen))
  ORDER BY g.n;
END $$;
`;
