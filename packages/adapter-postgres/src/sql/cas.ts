import { CLAUSE, CLOCK, DURABILITY, INNER } from "./clause.ts";
import { KEPT } from "./keep.ts";
import { hasId } from "./lookup.ts";
import { listOf, STORED } from "./row.ts";

const PLACES = STORED.split(", ")
  .map((name) => `next.${name}`)
  .join(", ");

/**
 * `cas` applies each change or says why not, in the order of the array (P12, P13, P14, P21): `decide` of the api, told in
 * SQL, so that a change takes one round trip and other languages have the same rules.
 *
 * A change is `{ id, states?, token?, version?, seen?, fails?, set, event?, spawn? }`. `seen` is the version at which the
 * caller tested a predicate, and `fails` that it did not hold. What may be null as a value, in `set.progress`,
 * `set.payload`, `set.result` and `event`, is in a list of one. The answer is a list of outcomes; an outcome that is `ok`
 * also tells the `state` and whether somebody holds the job, and one of status `again` that the job is not as it was seen.
 */
export const CAS = String.raw`
CREATE OR REPLACE FUNCTION cas(changes json, at bigint, durability text) RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  change record;
  -- Rows of the history have the same columns, and its type outlives hot_jobs, which repartitioning replaces.
  old history;
  next history;
  change_set json;
  here text;
  in_history boolean;
  held boolean;
  is_end boolean;
  was_end boolean;
  home text;
  moves_to text;
  renews boolean;
  recording boolean;
  key_holder text;
  spawned text[];
  refused json;
  lanes_ready text[];
  lanes_ended text[];
  outcomes json[] := '{}';
BEGIN ${DURABILITY}
  -- Keys before jobs, as whoever inserts does.
  IF EXISTS (SELECT FROM unique_keys) OR strpos(changes::text, '"unique"') > 0 THEN
    PERFORM lock_keys_of(changes);
  END IF;
  -- In the order of their ids, so that two calls about the same jobs cannot wait for each other.
  IF json_array_length(changes) > 1 THEN
    PERFORM FROM unnest(ARRAY(SELECT c.id FROM json_to_recordset(changes) AS c(id text) ORDER BY c.id COLLATE "C"))
      WITH ORDINALITY AS g(id, place)
    JOIN hot_jobs j ON ${hasId("j", "g.id")} ORDER BY g.place FOR UPDATE OF j;
  END IF;
  FOR change IN SELECT * FROM json_to_recordset(changes) AS c(id text, states text[], token bigint, version int, seen int,
    fails boolean, "set" json, event json, spawn json, shaped boolean, entered text[])
  LOOP
    here := split_part(change.id, ':', 1);
    change_set := change."set";
    -- A job that was not found where it was looked for first has moved in between, at most once.
    FOR attempt IN 1 .. 2 LOOP
      in_history := false;
      SELECT * INTO old FROM hot_jobs j WHERE j.id = change.id AND j.lane = here FOR UPDATE;
      EXIT WHEN FOUND;
      in_history := true;
      SELECT * INTO old FROM history h WHERE h.id = change.id FOR UPDATE;
      EXIT WHEN FOUND;
    END LOOP;
    IF old.id IS NULL THEN
      outcomes := outcomes || json_build_object('status', 'missing');
      CONTINUE;
    END IF;

    held := coalesce(old.lease_until > clock, false);
    was_end := old.state IN ('completed', 'failed', 'cancelled');
    IF change.token IS NOT NULL AND NOT (held AND old.token = change.token) THEN
      outcomes := outcomes || refusal('stale', old);
      CONTINUE;
    END IF;
    IF NOT (change.states IS NULL OR old.state = ANY (change.states)) OR old.version <> change.version THEN
      outcomes := outcomes || refusal('conflict', old);
      CONTINUE;
    END IF;
    IF old.version <> change.seen THEN
      outcomes := outcomes || json_build_object('status', 'again');
      CONTINUE;
    END IF;
    IF change.fails OR (change_set ->> 'leaseMs' IS NOT NULL AND NOT held)
      OR (change_set ->> 'cancel' IS NOT NULL AND was_end) THEN
      outcomes := outcomes || refusal('conflict', old);
      CONTINUE;
    END IF;

    lanes_ready := NULL;
    lanes_ended := NULL;
    spawned := NULL;
    next := old;
    renews := change_set ->> 'leaseMs' IS NOT NULL AND change.event IS NULL AND change.spawn IS NULL
      AND NOT EXISTS (SELECT FROM json_object_keys(change_set) k WHERE k <> 'leaseMs');
    IF renews THEN
      next.lease_until := clock + (change_set ->> 'leaseMs')::bigint;
      UPDATE hot_jobs j SET lease_until = next.lease_until WHERE j.id = old.id AND j.lane = here;
    ELSE
      next.version := old.version + 1;
      next.updated_at := clock;
      next.priority := coalesce((change_set ->> 'priority')::bigint, old.priority);
      next.run_at := coalesce(clock + (change_set ->> 'delayMs')::bigint, (change_set ->> 'runAt')::bigint, old.run_at);
      next.progress := coalesce(change_set -> 'progress' -> 0, old.progress);
      next.payload := coalesce(change_set -> 'payload' -> 0, old.payload);
      next.error := coalesce(change_set -> 'error', old.error);
      IF old.lease_until IS NOT NULL THEN
        next.lease_until := coalesce(clock + (change_set ->> 'leaseMs')::bigint, old.lease_until);
      END IF;
      moves_to := change_set ->> 'state';
      IF change_set ->> 'cancel' IS NOT NULL THEN
        IF held THEN next.cancel_requested := true; ELSE moves_to := 'cancelled'; END IF;
      END IF;

      IF moves_to IS NOT NULL THEN
        home := CASE WHEN old.lease_until IS NULL THEN old.state ELSE coalesce(old.lease_from, old.state) END;
        IF was_end THEN
          next.result := NULL;
          next.finished_at := NULL;
        END IF;
        IF change_set ->> 'leaseMs' IS NOT NULL THEN
          next.state := moves_to;
        ELSE
          -- A job that was asked to stop and is given back does not start again (P21).
          next.state := CASE
            WHEN next.cancel_requested AND moves_to NOT IN ('completed', 'failed', 'cancelled') THEN 'cancelled'
            ELSE moves_to END;
          next.lease_until := NULL;
          next.holder := NULL;
          next.lease_from := NULL;
          next.cancel_requested := NULL;
          IF next.state IN ('completed', 'failed', 'cancelled') THEN next.finished_at := clock;
          ELSIF next.state <> home THEN next.attempt := 0;
          END IF;
        END IF;
      END IF;
      next.attempt := coalesce((change_set ->> 'attempt')::int, next.attempt);
      next.result := coalesce(change_set -> 'result' -> 0, next.result);
      IF change_set ->> 'requeue' IS NOT NULL THEN next.seq := nextval('places'); END IF;

      is_end := next.state IN ('completed', 'failed', 'cancelled');
      next.touched := CASE WHEN is_custom(next.state) THEN nextval('ticks') END;
      next.place := CASE WHEN is_end THEN 6 WHEN next.lease_until IS NOT NULL THEN 4 WHEN next.state = 'blocked' THEN 3
        WHEN next.run_at <= clock THEN 0 ELSE 1 END;
      next.keep_until := NULL;
      IF old.extra IS NOT NULL THEN
        IF change_set -> 'unique' IS NOT NULL THEN next.extra := nullif(old.extra::jsonb - 'unique', '{}'); END IF;
        key_holder := take_key_again(old, next, clock);
        IF key_holder IS NOT NULL THEN
          outcomes := outcomes || json_build_object('status', 'duplicate', 'id', key_holder);
          CONTINUE;
        END IF;
        IF is_end THEN next.keep_until := own_keep(next.extra, next.state, next.finished_at); END IF;
      END IF;
      -- A keyed job gets in line, unless it keeps its turn (P18).
      IF old.okey IS NOT NULL THEN
        IF next.place < 2 AND (old.place NOT IN (0, 1, 4) OR change_set ->> 'requeue' IS NOT NULL) THEN next.place := 2; END IF;
        IF next.place <> old.place AND (next.place = 2 OR (next.place = 6 AND old.place IN (0, 1, 4))) THEN
          PERFORM owe_turns(ARRAY[here], ARRAY[old.okey]);
          lanes_ready := lanes_with_lines(ARRAY[here], ARRAY[old.okey]);
        END IF;
      END IF;

      recording := EXISTS (SELECT FROM lane_settings l WHERE l.lane = here AND l.records);
      IF change_set -> 'error' IS NOT NULL THEN
        INSERT INTO events (id, at, kind, detail)
        VALUES (old.id, clock, 'failed', json_build_object('error', change_set -> 'error'));
      END IF;
      IF recording AND old.state <> next.state THEN
        INSERT INTO events (id, at, kind, detail) VALUES (old.id, clock, 'moved', json_strip_nulls(json_build_object(
          'from', old.state, 'to', next.state, 'holder', coalesce(next.holder, old.holder))));
      END IF;
      IF change.event IS NOT NULL THEN
        INSERT INTO events (id, at, kind, detail)
        VALUES (old.id, clock, 'user', json_build_object('data', change.event -> 0));
      END IF;

      PERFORM write_job(old, next, in_history);
      -- Also of a job that was over: whoever waits for it to complete learns that it counts as completed now.
      IF is_end AND old.state <> next.state THEN
        SELECT lanes_ready || f.ready, f.finished INTO lanes_ready, lanes_ended FROM follow_ends(ARRAY[old.id], next.keep_until = 0, durability IS NOT NULL, clock) f;
      END IF;
      IF old.lease_until IS NOT NULL AND next.lease_until IS NULL
        AND EXISTS (SELECT FROM lane_settings l WHERE l.lane = here AND l.concurrency IS NOT NULL) THEN
        lanes_ready := lanes_ready || here;
      END IF;
      IF change.spawn IS NOT NULL THEN
        refused := (insert_jobs(change.spawn, change.entered, clock, false, false, coalesce(change.shaped, false), true, durability)::json) -> 'existing';
        -- Where a key was held, its holder counts for the job.
        spawned := ARRAY(SELECT coalesce(
            (SELECT r.pair -> 1 ->> 1 FROM json_array_elements(refused) r(pair) WHERE (r.pair ->> 0)::bigint = s.n), s.job ->> 'id')
          FROM json_array_elements(change.spawn) WITH ORDINALITY s(job, n) ORDER BY s.n);
      END IF;
    END IF;

    outcomes := outcomes || json_build_object('status', 'ok', 'version', next.version, 'state', next.state,
      'held', next.lease_until IS NOT NULL, 'spawned', spawned, 'renews', renews,
      'ready', nullif(lanes_ready, '{}'), 'finished', nullif(lanes_ended, '{}'),
      'cancelRequested', CASE WHEN change_set ->> 'cancel' IS NOT NULL THEN next.cancel_requested ELSE old.cancel_requested END);
  END LOOP;
  RETURN array_to_json(outcomes)::text;
END $$;

CREATE OR REPLACE FUNCTION refusal(status text, old history) RETURNS json LANGUAGE sql IMMUTABLE AS
$$ SELECT json_build_object('status', status, 'state', old.state, 'token', old.token, 'version', old.version) $$;

-- Stores a job where it belongs: finished jobs in the history, unless their lane keeps none of them.
CREATE OR REPLACE FUNCTION write_job(old history, next history, in_history boolean) RETURNS void ${INNER} AS $$
DECLARE
  is_end boolean := next.place = 6;
  -- Who had finished in this state before does not finish now.
  is_kept boolean := NOT is_end OR old.state = next.state OR ${KEPT("next")};
BEGIN
  IF NOT in_history AND NOT is_end THEN
    UPDATE hot_jobs j SET (${STORED}) = ROW (${PLACES}) WHERE j.id = old.id AND j.lane = old.lane;
    RETURN;
  END IF;
  IF in_history AND is_end AND is_kept THEN
    UPDATE history h SET (${STORED}) = ROW (${PLACES}) WHERE h.id = old.id;
    RETURN;
  END IF;
  IF in_history THEN DELETE FROM history h WHERE h.id = old.id;
  ELSE DELETE FROM hot_jobs j WHERE j.id = old.id AND j.lane = old.lane;
  END IF;
  IF NOT is_end THEN INSERT INTO hot_jobs (${STORED}) VALUES (${PLACES});
  ELSIF is_kept THEN INSERT INTO history (${STORED}) VALUES (${PLACES});
  ELSE PERFORM forget(ARRAY[old.id]);
  END IF;
END $$;

-- A job as a list of its columns in the order of every reader, or null when it is not kept.
CREATE OR REPLACE FUNCTION job_as_list(wanted text) RETURNS json ${INNER} AS $$
DECLARE
  list json;
BEGIN
  -- A job that was not found where it was looked for first has moved in between, at most once.
  FOR attempt IN 1 .. 2 LOOP
    SELECT ${listOf("j")} INTO list FROM hot_jobs j WHERE j.id = wanted AND j.lane = split_part(wanted, ':', 1);
    EXIT WHEN FOUND;
    SELECT ${listOf("j")} INTO list FROM history j WHERE j.id = wanted;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN list;
END $$;
`;
