import { INNER } from "./clause.ts";
import { JOB } from "./insert-jobs.ts";
import { hasId } from "./lookup.ts";
import { HOLDER } from "./unique-keys.ts";

const COLUMNS = `lane, id, type, state, place, priority, run_at, inserted_at, updated_at, max_attempts, touched, grp, okey,
      extra, progress, payload`;

/** As insert-jobs.ts stores jobs, but parked behind their key, or blocked by what they depend on. */
const VALUES = `g.lane, g.id, g.type, CASE WHEN g.needs THEN 'blocked' ELSE g.state END,
      CASE WHEN g.needs THEN 3 WHEN g.key IS NOT NULL THEN 2 WHEN g.due <= clock THEN 0 ELSE 1 END,
      g.priority, g.due, clock, clock, g."maxAttempts",
      CASE WHEN is_custom(g.state) THEN nextval('ticks') END, g."group", g.key,
      CASE WHEN g.key IS NULL OR g.extra ->> 'orderingKey' IS NOT NULL THEN g.extra
        ELSE (coalesce(g.extra::jsonb, '{}') || jsonb_build_object('orderingKey', g.key))::json END,
      g.progress -> 0, coalesce(g.payload, 'null')`;

/** The jobs that are to be stored in this round. */
const CHOSEN = `SELECT j.*, coalesce(j."runAt", clock + j."delayMs", clock) AS due,
        coalesce(json_array_length(j.extra -> 'dependsOn') > 0, false) AS needs,
        coalesce(j.extra ->> 'orderingKey', CASE WHEN j.lane = ANY (fifo) THEN '$fifo' END) AS key
      FROM ROWS FROM (json_to_recordset(given) AS ${JOB}) WITH ORDINALITY j WHERE verdicts[j.ordinality] = 'chosen'`;

/**
 * `insert_shaped` stores jobs that have a unique key, an ordering key or dependencies, or come to a lane with a capacity:
 * each as if those before it in the array had been stored one by one (P17–P20). What depends on all of them is locked
 * first: gates, then keys. Then in rounds, since one job decides about another, all that can be decided is: mostly one.
 *
 * The answer is that of `insert_jobs`: `existing` tells also by what, and `full` the places of jobs that were too many.
 */
export const INSERT_SHAPED = String.raw`
CREATE OR REPLACE FUNCTION insert_shaped(given json, entered text[], clock bigint, fresh boolean, all_or_none boolean,
  spawned boolean) RETURNS text ${INNER} AS $$
DECLARE
  answer text;
BEGIN
  IF NOT all_or_none THEN RETURN store_shaped(given, entered, clock, fresh, spawned); END IF;
  BEGIN
    answer := store_shaped(given, entered, clock, fresh, spawned);
    IF answer IS NULL OR (answer::json ->> 'existing' = '[]' AND answer::json ->> 'full' = '[]') THEN RETURN answer; END IF;
    RAISE EXCEPTION USING ERRCODE = 'AQ001', MESSAGE = 'One of the jobs was not added.';
  EXCEPTION WHEN SQLSTATE 'AQ001' THEN
    RETURN (answer::jsonb || '{"skipped": true}')::text;
  END;
END $$;

CREATE OR REPLACE FUNCTION store_shaped(given json, entered text[], clock bigint, fresh boolean, spawned boolean)
RETURNS text ${INNER} AS $$
DECLARE
  ids text[];
  lanes text[];
  ukeys text[];
  okeys text[];
  -- By the place in the array: null, chosen, then added; id, key or full.
  verdicts text[];
  fifo text[] := ARRAY(SELECT l.lane FROM lane_settings l WHERE l.lane = ANY (entered) AND l.is_fifo);
  capped text[] := ARRAY(SELECT l.lane FROM lane_settings l
    WHERE l.lane = ANY (entered) AND l.capacity IS NOT NULL AND NOT spawned ORDER BY l.lane);
  rooms bigint[];
  stored text[];
  own jsonb;
  waiting text[];
  cancelled text[];
  looks boolean := NOT fresh;
BEGIN
  SELECT array_agg(g.id ORDER BY g.n), array_agg(g.lane ORDER BY g.n), array_agg(g.extra -> 'unique' ->> 'key' ORDER BY g.n),
    array_agg(coalesce(g.extra ->> 'orderingKey', CASE WHEN g.lane = ANY (fifo) THEN '$fifo' END) ORDER BY g.n),
    array_agg(NULL::text)
  INTO ids, lanes, ukeys, okeys, verdicts
  FROM ROWS FROM (json_to_recordset(given) AS (id text, lane text, extra json)) WITH ORDINALITY g(id, lane, extra, n);

  IF capped <> '{}' THEN
    PERFORM FROM lane_gates g WHERE g.lane = ANY (capped) AND g.kind = 'room' ORDER BY g.lane FOR UPDATE;
    -- As count_starts does.
    UPDATE lane_gates g SET at = clock WHERE g.lane = ANY (capped) AND g.kind = 'room';
  END IF;
  IF array_remove(ukeys, NULL) <> '{}' THEN
    PERFORM lock_keys(lanes, ukeys, ids);
  END IF;

  LOOP
    rooms := ARRAY(SELECT room_in(l.lane, l.capacity) FROM lane_settings l WHERE l.lane = ANY (capped) ORDER BY l.lane);
    WITH looked AS MATERIALIZED (
        SELECT k.*, rooms[array_position(capped, k.lane)] AS room,
          row_number() OVER (PARTITION BY k.verdict IS NULL, k.id ORDER BY k.n) = 1 AS is_first,
          CASE WHEN k.verdict IS NULL AND k.ukey IS NOT NULL THEN (${HOLDER}) END AS holder
        FROM unnest(ids, lanes, ukeys, verdicts) WITH ORDINALITY k(id, lane, ukey, verdict, n)),
      -- Of ids that are taken to be new, only those that would not be stored: of the others an error tells.
      found AS (
        SELECT o.*, o.verdict IS NULL AND (looks OR o.holder IS NOT NULL OR coalesce(o.room = 0, false))
          -- With OFFSET these are looked up, and never gathered in a table of all jobs, as a plan for few of them would do.
          AND (EXISTS (SELECT FROM hot_jobs j WHERE j.id = o.id AND j.lane = o.lane OFFSET 0)
            OR EXISTS (SELECT FROM history h WHERE h.id = o.id OFFSET 0)) AS is_stored FROM looked o),
      fit AS (
        SELECT o.*, o.verdict IS NULL AND o.is_first AND NOT o.is_stored AND o.holder IS NULL AS is_fit FROM found o),
      contending AS (
        SELECT f.*, f.is_fit AND (f.ukey IS NULL OR row_number() OVER (PARTITION BY f.is_fit, f.lane, f.ukey ORDER BY f.n) = 1)
          AS contends FROM fit f),
      ranked AS (
        SELECT c.*, row_number() OVER (PARTITION BY c.contends, c.lane ORDER BY c.n) AS rank FROM contending c),
      decided AS (
        SELECT r.n, CASE WHEN r.verdict IS NOT NULL THEN r.verdict WHEN r.is_stored THEN 'id' WHEN r.is_first AND r.holder IS NOT NULL THEN 'key'
          WHEN r.room = 0 AND r.is_first THEN 'full' WHEN r.contends AND coalesce(r.rank <= r.room, true) THEN 'chosen' END AS verdict
        FROM ranked r)
    SELECT array_agg(d.verdict ORDER BY d.n) INTO verdicts FROM decided d;

    IF 'chosen' = ANY (verdicts) THEN
      IF fresh THEN
        WITH added AS (
          INSERT INTO hot_jobs (${COLUMNS}) SELECT ${VALUES} FROM (${CHOSEN}) g RETURNING id)
        SELECT array_agg(a.id) INTO stored FROM added a;
      ELSE
        WITH added AS (
          INSERT INTO hot_jobs (${COLUMNS}) SELECT ${VALUES} FROM (${CHOSEN}) g ON CONFLICT DO NOTHING RETURNING id)
        SELECT array_agg(a.id) INTO stored FROM added a;
        -- As insert_jobs does: who waited for a job that was just being finished comes back when it is in the history (P3).
        WITH old AS MATERIALIZED (SELECT h.id FROM unnest(stored) a(id) JOIN history h ON h.id = a.id),
          gone AS (DELETE FROM hot_jobs j USING old o WHERE ${hasId("j", "o.id")})
        SELECT coalesce((SELECT array_agg(a.id) FROM unnest(stored) a(id) WHERE NOT EXISTS (SELECT FROM old o WHERE o.id = a.id)), '{}')
        INTO stored;
      END IF;
      own := coalesce(own, '{}') || (SELECT coalesce(jsonb_object_agg(a.id, false), '{}') FROM unnest(stored) a(id));
      verdicts := ARRAY(SELECT CASE WHEN v.verdict <> 'chosen' OR v.verdict IS NULL THEN v.verdict
        WHEN own ? v.id THEN 'added' ELSE 'id' END FROM unnest(verdicts, ids) WITH ORDINALITY v(verdict, id, n) ORDER BY v.n);
      UPDATE unique_keys u SET job = k.id FROM unnest(ids, lanes, ukeys, verdicts) k(id, lane, ukey, verdict)
      WHERE k.ukey IS NOT NULL AND k.verdict = 'added' AND u.lane = k.lane AND u.ukey = k.ukey AND u.job <> k.id;
    END IF;
    EXIT WHEN array_position(verdicts, NULL) IS NULL;
    looks := true;
  END LOOP;

  DELETE FROM unique_keys u USING unnest(ids, lanes, ukeys, verdicts) k(id, lane, ukey, verdict)
  WHERE k.ukey IS NOT NULL AND k.verdict = 'full' AND u.lane = k.lane AND u.ukey = k.ukey AND u.job = k.id;
  PERFORM owe_turns(array_agg(k.lane), array_agg(k.okey)) FROM unnest(lanes, okeys, verdicts) k(lane, okey, verdict)
  WHERE k.okey IS NOT NULL AND k.verdict = 'added';
  -- An id may come twice in a call; the second one is not stored, whatever it depends on.
  waiting := ARRAY(SELECT j.id FROM ROWS FROM (json_to_recordset(given) AS (id text, extra json)) WITH ORDINALITY AS j(id, extra, n)
    WHERE json_array_length(j.extra -> 'dependsOn') > 0 AND verdicts[j.n] = 'added');
  IF waiting <> '{}' THEN
    own := own || (SELECT jsonb_object_agg(w.id, true) FROM unnest(waiting) w(id));
    SELECT g.cancelled INTO cancelled FROM judge_added(waiting, own, given, verdicts, clock) g;
  END IF;
  IF EXISTS (SELECT FROM lane_settings l WHERE l.lane = ANY (entered) AND l.records) THEN
    INSERT INTO events (id, at, kind, detail)
    SELECT k.id, clock, 'inserted', json_build_object('to', coalesce((SELECT j.state FROM hot_jobs j WHERE j.id = k.id AND j.lane = k.lane), 'cancelled'))
    FROM unnest(ids, lanes, verdicts) WITH ORDINALITY k(id, lane, verdict, n) JOIN lane_settings l ON l.lane = k.lane AND l.records
    WHERE k.verdict = 'added' ORDER BY k.n;
  END IF;
  IF cancelled <> '{}' THEN
    PERFORM drop_unkept(cancelled);
  END IF;

  IF NOT EXISTS (SELECT FROM unnest(verdicts) v(verdict) WHERE v.verdict <> 'added') AND coalesce(cancelled, '{}') = '{}' THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object(
    'existing', (SELECT coalesce(json_agg(json_build_array(k.n, job_as_list(CASE k.verdict WHEN 'id' THEN k.id
        ELSE (SELECT u.job FROM unique_keys u WHERE u.lane = k.lane AND u.ukey = k.ukey) END),
        CASE k.verdict WHEN 'id' THEN 'id' ELSE 'unique' END)), '[]')
      FROM unnest(ids, lanes, ukeys, verdicts) WITH ORDINALITY k(id, lane, ukey, verdict, n) WHERE k.verdict IN ('id', 'key')),
    'full', (SELECT coalesce(json_agg(k.n), '[]') FROM unnest(verdicts) WITH ORDINALITY k(verdict, n) WHERE k.verdict = 'full'),
    'ended', to_json(cancelled))::text;
END $$;
`;
