DO $$ DECLARE
  other text := (SELECT t.thing FROM pg_namespace n CROSS JOIN LATERAL (
      SELECT CASE WHEN c.relkind IN ('r', 'p') THEN 1 ELSE 2 END AS rank, CASE c.relkind WHEN 'v' THEN 'view '
        WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence ' WHEN 'c' THEN 'type '
        ELSE 'table ' END || c.relname AS thing
      FROM pg_class c WHERE c.relnamespace = n.oid
      UNION ALL SELECT 3, 'function ' || p.proname FROM pg_proc p WHERE p.pronamespace = n.oid
      UNION ALL SELECT 4, 'type ' || y.typname FROM pg_type y WHERE y.typnamespace = n.oid AND y.typcategory <> 'A') t
    WHERE n.nspname = 'anyqueue' ORDER BY t.rank, t.thing LIMIT 1);
BEGIN
  IF other IS NOT NULL THEN
    RAISE EXCEPTION 'The schema anyqueue is not empty any more: it has the %.', other;
  END IF;
  IF to_regnamespace('anyqueue') IS NULL THEN CREATE SCHEMA anyqueue; END IF;
END $$;
SET LOCAL search_path = anyqueue, pg_temp;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = 3000;

CREATE TABLE schema_info (
  version int NOT NULL,      -- the layout
  min_reader int NOT NULL,   -- the oldest code that may use it
  epoch text NOT NULL DEFAULT gen_random_uuid()::text  -- cursors hold transaction ids, which do not outlive a dump
);

-- Places in the order of insertion. Never given twice, so a cursor never passes over a job.
CREATE SEQUENCE places;
-- Lease tokens and places in the order "touched". Never given twice and never set back (P13).
CREATE SEQUENCE ticks;

CREATE TABLE hot_jobs (
  seq bigint NOT NULL DEFAULT nextval('places'),
  priority bigint NOT NULL,
  run_at bigint NOT NULL,
  token bigint NOT NULL DEFAULT 0,
  inserted_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  lease_until bigint,
  touched bigint,            -- custom states only: the place in the order "touched" (P7)
  finished_at bigint,
  attempt int NOT NULL DEFAULT 0,
  max_attempts int NOT NULL,
  version int NOT NULL DEFAULT 1,
  place smallint NOT NULL,
  cancel_requested boolean,
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  lane text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  holder text,
  lease_from text,
  grp text COLLATE "C",
  extra json,                -- what few jobs have: backoff, timeoutMs, orderingKey, unique, dependsOn, onParent
  progress json,
  error json,
  result json,
  payload json NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX hot_jobs_ready ON hot_jobs (lane, state, priority, run_at, seq) WHERE place = 0;
CREATE INDEX hot_jobs_touched ON hot_jobs (lane, state, touched) WHERE place = 0 AND touched IS NOT NULL;
CREATE INDEX hot_jobs_scheduled ON hot_jobs (lane, state, run_at) WHERE place = 1;
CREATE INDEX hot_jobs_leased ON hot_jobs (lane) WHERE place = 4;
CREATE INDEX hot_jobs_group ON hot_jobs (grp) WHERE grp IS NOT NULL;

CREATE TABLE history (LIKE hot_jobs INCLUDING DEFAULTS) PARTITION BY RANGE (finished_at);
CREATE INDEX history_id ON history (id);
CREATE INDEX history_finished ON history (lane, state, finished_at, seq);
CREATE INDEX history_group ON history (grp) WHERE grp IS NOT NULL;
-- What no dated partition takes: clocks that are far off, and times given by tests.
CREATE TABLE history_other PARTITION OF history DEFAULT;

CREATE TABLE events (
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),  -- tells what a reader has not seen yet (P23)
  id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  detail json NOT NULL
);
CREATE INDEX events_log ON events (id, seq);
CREATE INDEX events_order ON events (xid, seq);
CREATE INDEX events_pages ON events (seq);

-- Lanes with settings. What every write has to know of them is in columns of its own.
CREATE TABLE lane_settings (
  lane text COLLATE "C" PRIMARY KEY,
  settings json NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  records boolean NOT NULL DEFAULT false,   -- history: "all"
  discards text[] NOT NULL DEFAULT '{}'     -- the states that are not kept
);
-- Every lane that was ever used. Not unique, so that nobody waits for a stranger's transaction which used it first.
CREATE TABLE lane_names (lane text COLLATE "C" NOT NULL);
CREATE INDEX lane_names_lane ON lane_names (lane);


CREATE OR REPLACE FUNCTION insert_jobs(given json, entered text[], at bigint, fresh boolean, all_or_none boolean,
  durability text) RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  added text[];
  finished text[];
  answer text;
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  INSERT INTO lane_names SELECT e.lane FROM unnest(entered) e(lane)
  WHERE NOT EXISTS (SELECT FROM lane_names n WHERE n.lane = e.lane);

  IF fresh THEN
    INSERT INTO hot_jobs (lane, id, type, state, place, priority, run_at, inserted_at, updated_at, max_attempts, touched, grp, extra,
    progress, payload) SELECT g.lane, g.id, g.type, g.state,
    CASE WHEN coalesce(g."runAt", clock + g."delayMs", clock) <= clock THEN 0 ELSE 1 END,
    g.priority, coalesce(g."runAt", clock + g."delayMs", clock), clock, clock, g."maxAttempts",
    CASE WHEN g.state = 'waiting' THEN NULL ELSE nextval('ticks') END, g."group", g.extra, g.progress -> 0,
    coalesce(g.payload, 'null') FROM json_to_recordset(given) AS g(id text, lane text, type text, payload json, state text, priority bigint, "maxAttempts" int, "runAt" bigint,
    "delayMs" bigint, "group" text, extra json, progress json);
    IF EXISTS (SELECT FROM lane_settings l WHERE l.records) THEN
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
    PERFORM FROM json_to_recordset(given) AS g(id text) JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1)
    FOR UPDATE OF j;
  END IF;

  IF all_or_none THEN
    BEGIN
      answer := insert_jobs(given, entered, clock, false, false, durability);
      IF answer IS NULL THEN RETURN NULL; END IF;
      RAISE EXCEPTION USING ERRCODE = 'AQ001', MESSAGE = 'One of the jobs exists.';
    EXCEPTION WHEN SQLSTATE 'AQ001' THEN
      -- What was stored is undone; who stopped it was there before, or comes twice in the call. It may be gone by now.
      RETURN json_build_object('skipped', true, 'existing', (
        SELECT coalesce(json_agg(json_build_array(n, job_as_list(id))), '[]') FROM (SELECT g.id, g.n, row_number() OVER (PARTITION BY g.id ORDER BY g.n) AS turn
        FROM ROWS FROM (json_to_recordset(given) AS (id text)) WITH ORDINALITY AS g(id, n)) s
        WHERE turn > 1 OR job_as_list(id) IS NOT NULL))::text;
    END;
  END IF;

  WITH stored AS (
    INSERT INTO hot_jobs (lane, id, type, state, place, priority, run_at, inserted_at, updated_at, max_attempts, touched, grp, extra,
    progress, payload) SELECT g.lane, g.id, g.type, g.state,
    CASE WHEN coalesce(g."runAt", clock + g."delayMs", clock) <= clock THEN 0 ELSE 1 END,
    g.priority, coalesce(g."runAt", clock + g."delayMs", clock), clock, clock, g."maxAttempts",
    CASE WHEN g.state = 'waiting' THEN NULL ELSE nextval('ticks') END, g."group", g.extra, g.progress -> 0,
    coalesce(g.payload, 'null') FROM json_to_recordset(given) AS g(id text, lane text, type text, payload json, state text, priority bigint, "maxAttempts" int, "runAt" bigint,
    "delayMs" bigint, "group" text, extra json, progress json)
    ON CONFLICT DO NOTHING RETURNING id)
  SELECT coalesce(array_agg(id), '{}') INTO added FROM stored;

  -- Not DISTINCT: to have them in order, some versions of Postgres would walk through the whole history.
  SELECT array_agg(h.id) INTO finished FROM unnest(added) a(id) JOIN history h ON h.id = a.id;
  IF finished IS NOT NULL THEN
    DELETE FROM hot_jobs j USING unnest(finished) f(id) WHERE j.id = f.id AND j.lane = split_part(f.id, ':', 1);
    added := ARRAY(SELECT a.id FROM unnest(added) a(id) WHERE a.id <> ALL (finished));
  END IF;

  PERFORM log_inserted(given, added, clock);
  IF cardinality(added) = json_array_length(given) THEN RETURN NULL; END IF;
  RETURN json_build_object('existing', (
    SELECT json_agg(json_build_array(n, job_as_list(id))) FROM (SELECT g.id, g.n, row_number() OVER (PARTITION BY g.id ORDER BY g.n) AS turn
        FROM ROWS FROM (json_to_recordset(given) AS (id text)) WITH ORDINALITY AS g(id, n)) s WHERE turn > 1 OR id <> ALL (added)))::text;
END $$;

-- Logs insertions in the lanes that record them (P22): of all jobs given, or of those chosen.
CREATE OR REPLACE FUNCTION log_inserted(given json, chosen text[], clock bigint) RETURNS void 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE l.records) THEN RETURN; END IF;
  INSERT INTO events (id, at, kind, detail)
  SELECT g.id, clock, 'inserted', json_build_object('to', g.state)
  FROM json_to_recordset(given) AS g(id text, lane text, state text) JOIN lane_settings l ON l.lane = g.lane AND l.records
  WHERE chosen IS NULL OR g.id = ANY (chosen);
END $$;


CREATE OR REPLACE FUNCTION poll(asked text[], limits int[], turn int, types text[], patterns text[], resumed json,
  wanted_state text, target text, most int, lease_ms bigint, for_holder text, expired int, marks json, at bigint,
  durability text)
RETURNS TABLE (kind int, seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  every_lane text[] := asked;
  here text;
  wanted int;
  claimed int;
  taken int := 0;
  may_be_more boolean := false;
  is_cut boolean := false;
  to_custom boolean := is_custom(target);
  pages bigint := pg_stat_get_xact_blocks_fetched('hot_jobs_ready'::regclass);
  paused boolean[];
  recording boolean[];
  has_due boolean[];
  -- by the place of a lane's first mention, since a lane may come twice
  firsts int[];
  k int;
  places json[];
  looked int[];
  finished boolean[];
  low json;
  high json;
  passed int;
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  IF asked IS NULL THEN
    every_lane := ARRAY(SELECT DISTINCT n.lane FROM lane_names n ORDER BY n.lane);
    k := turn % greatest(cardinality(every_lane), 1);
    every_lane := every_lane[k + 1 :] || every_lane[: k];
    limits := array_fill(most, ARRAY[cardinality(every_lane)]);
  END IF;
  SELECT array_agg(coalesce(l.paused, false)), array_agg(coalesce(l.records, false)),
    array_agg(array_position(every_lane, e.lane)), array_agg(coalesce(resumed, marks) -> e.lane),
    array_agg(EXISTS (SELECT FROM hot_jobs j
      WHERE j.place = 1 AND j.lane = e.lane AND j.state = wanted_state AND j.run_at <= clock))
  INTO paused, recording, firsts, places, has_due
  FROM unnest(every_lane) e(lane) LEFT JOIN lane_settings l ON l.lane = e.lane;

  IF expired > 0 AND lease_ms IS NOT NULL THEN
    RETURN QUERY SELECT 1, t.* FROM take_over(every_lane, expired, lease_ms, for_holder, clock) t;
  END IF;
  IF most = 0 THEN
    may_be_more := EXISTS (SELECT FROM unnest(every_lane, paused) e(lane, paused), LATERAL (SELECT FROM hot_jobs j
      WHERE j.place = 0 AND j.lane = e.lane AND j.state = wanted_state AND j.run_at <= clock LIMIT 1) ready
      WHERE NOT e.paused);
  END IF;

  -- Few expressions: each costs some microseconds in every call.
  FOR i IN 1 .. cardinality(every_lane) LOOP
    k := firsts[i];
    wanted := CASE WHEN paused[i] OR finished[k] THEN 0 ELSE least(limits[i], most - taken) END;
    -- Lanes that a cursor does not mention were looked through to their end by the calls before.
    CONTINUE WHEN wanted <= 0 OR (resumed IS NOT NULL AND places[k] IS NULL);
    here := every_lane[i];
    low := places[k];
    IF has_due[i] THEN
      PERFORM promote(here, wanted_state, most, clock);
      -- What has come due may belong below the mark.
      low := CASE WHEN resumed IS NOT NULL THEN low END;
    END IF;

    LOOP
      IF types IS NOT NULL THEN
        SELECT json_build_array(s.priority, s.run_at, s.seq), s.looks INTO high, passed FROM (
          SELECT j.priority, j.run_at, j.seq, row_number() OVER w AS looks, count(*) FILTER (WHERE (j.type = ANY (types) OR j.type || '.' ~ ANY (patterns))) OVER w AS fits
          FROM hot_jobs j WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND (j.priority, j.run_at, j.seq) > (coalesce((low ->> 0)::bigint, -1), coalesce((low ->> 1)::bigint, 0),
        coalesce((low ->> 2)::bigint, 0))
          WINDOW w AS (ORDER BY j.priority, j.run_at, j.seq ROWS UNBOUNDED PRECEDING)
          ORDER BY j.priority, j.run_at, j.seq LIMIT 1000) s
        WHERE fits >= wanted OR looks >= 1000 - coalesce(looked[k], 0) LIMIT 1;
      END IF;

      IF recording[i] AND wanted_state <> target THEN
        RETURN QUERY WITH chosen AS MATERIALIZED (
          SELECT j.ctid AS at_ctid FROM hot_jobs j WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND (j.priority, j.run_at, j.seq) > (coalesce((low ->> 0)::bigint, -1), coalesce((low ->> 1)::bigint, 0),
        coalesce((low ->> 2)::bigint, 0))
            AND (types IS NULL OR (j.type = ANY (types) OR j.type || '.' ~ ANY (patterns)))
            AND (high IS NULL OR (j.priority, j.run_at, j.seq) <= ((high ->> 0)::bigint, (high ->> 1)::bigint, (high ->> 2)::bigint))
          ORDER BY j.priority, j.run_at, j.seq LIMIT wanted FOR UPDATE SKIP LOCKED),
        leased AS (
          UPDATE hot_jobs j SET state = target, place = 4, token = nextval('ticks'), attempt = j.attempt + 1,
            version = j.version + 1, updated_at = clock, lease_until = clock + lease_ms, holder = for_holder,
            lease_from = wanted_state, touched = CASE WHEN to_custom THEN nextval('ticks') END
          WHERE j.lane = here AND j.ctid = ANY (ARRAY(SELECT c.at_ctid FROM chosen c)) RETURNING j.*),
        logged AS (
          INSERT INTO events (id, at, kind, detail)
          SELECT j.id, clock, 'moved', json_build_object('from', wanted_state, 'to', target, 'holder', for_holder)
          FROM leased j)
        SELECT 0, j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM leased j ORDER BY j.priority, j.run_at, j.seq;
      ELSE
        RETURN QUERY WITH chosen AS MATERIALIZED (
          SELECT j.ctid AS at_ctid FROM hot_jobs j WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND (j.priority, j.run_at, j.seq) > (coalesce((low ->> 0)::bigint, -1), coalesce((low ->> 1)::bigint, 0),
        coalesce((low ->> 2)::bigint, 0))
            AND (types IS NULL OR (j.type = ANY (types) OR j.type || '.' ~ ANY (patterns)))
            AND (high IS NULL OR (j.priority, j.run_at, j.seq) <= ((high ->> 0)::bigint, (high ->> 1)::bigint, (high ->> 2)::bigint))
          ORDER BY j.priority, j.run_at, j.seq LIMIT wanted FOR UPDATE SKIP LOCKED),
        leased AS (
          UPDATE hot_jobs j SET state = target, place = 4, token = nextval('ticks'), attempt = j.attempt + 1,
            version = j.version + 1, updated_at = clock, lease_until = clock + lease_ms, holder = for_holder,
            lease_from = wanted_state, touched = CASE WHEN to_custom THEN nextval('ticks') END
          WHERE j.lane = here AND j.ctid = ANY (ARRAY(SELECT c.at_ctid FROM chosen c)) RETURNING j.*) SELECT 0, j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM leased j ORDER BY j.priority, j.run_at, j.seq;
      END IF;
      GET DIAGNOSTICS claimed = ROW_COUNT;
      taken := taken + claimed;
      wanted := wanted - claimed;

      IF types IS NULL THEN
        EXIT WHEN wanted = 0 OR low IS NULL OR resumed IS NOT NULL;
        low := NULL;
      ELSIF high IS NOT NULL THEN
        low := high;
        places[k] := high;
        looked[k] := coalesce(looked[k], 0) + passed;
        is_cut := is_cut OR (wanted > 0 AND looked[k] >= 1000);
        EXIT WHEN wanted = 0 OR looked[k] >= 1000;
      ELSE
        finished[k] := wanted > 0 AND (low IS NULL OR resumed IS NOT NULL OR looked[k] > 0);
        EXIT WHEN wanted = 0 OR finished[k];
        low := NULL;
      END IF;
    END LOOP;
    IF wanted = 0 THEN
      may_be_more := true;
    ELSIF NOT is_cut THEN
      -- Left may be what others are claiming at this moment, and what somebody changed just before it was claimed.
      may_be_more := may_be_more OR EXISTS (SELECT FROM hot_jobs j WHERE j.place = 0 AND j.lane = here
        AND j.state = wanted_state AND j.run_at <= clock AND (types IS NULL OR (j.type = ANY (types) OR j.type || '.' ~ ANY (patterns))));
    END IF;
  END LOOP;

  kind := 2;
  updated_at := clock;
  seq := pg_stat_get_xact_blocks_fetched('hot_jobs_ready'::regclass) - pages;
  payload := NULL;
  IF is_cut AND taken < most THEN
    payload := (SELECT json_agg(json_build_array(e.lane, places[n])) FROM unnest(every_lane) WITH ORDINALITY e(lane, n)
      WHERE firsts[n] = n AND places[n] IS NOT NULL AND (looked[n] > 0 OR resumed IS NOT NULL)
        AND NOT coalesce(finished[n], false))::text;
  END IF;
  run_at := CASE WHEN may_be_more OR payload IS NOT NULL OR (most > 0 AND taken >= most) THEN clock
    ELSE next_due(every_lane, paused, wanted_state, clock) END;
  RETURN NEXT;
END $$;

-- Makes jobs of a lane ready that have come due (P8); those that others are promoting at this moment are theirs.
CREATE OR REPLACE FUNCTION promote(here text, wanted_state text, most int, clock bigint) RETURNS void 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  WITH due AS MATERIALIZED (
    SELECT j.ctid AS at_ctid FROM hot_jobs j
    WHERE j.place = 1 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
    ORDER BY j.run_at LIMIT greatest(5000, most) FOR UPDATE SKIP LOCKED)
  UPDATE hot_jobs j SET place = 0 WHERE j.lane = here AND j.ctid = ANY (ARRAY(SELECT d.at_ctid FROM due d));
END $$;

-- Takes over jobs whose lease has ended, those first whose lease ended first, in paused lanes too (P15).
CREATE OR REPLACE FUNCTION take_over(every_lane text[], most int, lease_ms bigint, for_holder text, clock bigint)
RETURNS TABLE (seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 10 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM hot_jobs j WHERE j.place = 4 AND j.lane = ANY (every_lane) AND j.lease_until <= clock) THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH ended AS MATERIALIZED (
    SELECT j.id, j.lane, j.lease_until AS ended_at FROM hot_jobs j
    WHERE j.place = 4 AND j.lane = ANY (every_lane) AND j.lease_until <= clock
    ORDER BY j.lease_until, j.seq LIMIT most FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE hot_jobs j SET token = nextval('ticks'), version = j.version + 1, updated_at = clock,
      lease_until = clock + lease_ms, holder = for_holder,
      touched = CASE WHEN j.touched IS NOT NULL THEN nextval('ticks') END
    FROM ended e WHERE j.id = e.id AND j.lane = e.lane RETURNING j.*, e.ended_at)
  SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM taken j ORDER BY j.ended_at, j.seq;
END $$;

-- The first time at which a poll of these lanes could find something, or null (P10).
CREATE OR REPLACE FUNCTION next_due(every_lane text[], paused boolean[], wanted_state text, clock bigint)
RETURNS bigint 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  soonest bigint := (SELECT min(j.lease_until) FROM hot_jobs j WHERE j.place = 4 AND j.lane = ANY (every_lane));
  here text;
BEGIN
  FOR i IN 1 .. cardinality(every_lane) LOOP
    CONTINUE WHEN paused[i];
    here := every_lane[i];
    soonest := least(soonest, (SELECT j.run_at FROM hot_jobs j
      WHERE j.place = 1 AND j.lane = here AND j.state = wanted_state ORDER BY j.run_at LIMIT 1));
    -- Ready jobs that are not due are there only when the clock went back, so looking at the first ones will do.
    soonest := least(soonest, (SELECT min(s.run_at) FROM (
      SELECT j.run_at FROM hot_jobs j WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state
      ORDER BY j.priority, j.run_at, j.seq LIMIT 1000) s WHERE s.run_at > clock));
  END LOOP;
  RETURN soonest;
END $$;

CREATE OR REPLACE FUNCTION is_custom(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT state NOT IN ('waiting', 'active', 'blocked', 'completed', 'failed', 'cancelled') $$;


CREATE OR REPLACE FUNCTION candidates(here text, wanted_state text, by_touch boolean, place bigint[], most int, at bigint)
RETURNS TABLE (seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  low bigint[] := coalesce(place, '{-1,0,0}');
BEGIN
  IF EXISTS (SELECT FROM lane_settings l WHERE l.lane = here AND l.paused) THEN RETURN; END IF;
  IF EXISTS (SELECT FROM hot_jobs j
    WHERE j.place = 1 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock) THEN
    PERFORM promote(here, wanted_state, most, clock);
  END IF;
  IF by_touch THEN
    RETURN QUERY SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM hot_jobs j
    WHERE j.place = 0 AND j.touched IS NOT NULL AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND j.touched > low[1]
    ORDER BY j.touched LIMIT most;
  ELSE
    RETURN QUERY SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM hot_jobs j
    WHERE j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock
      AND (j.priority, j.run_at, j.seq) > (low[1], low[2], low[3])
    ORDER BY j.priority, j.run_at, j.seq LIMIT most;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION candidates_by_id(ids text[], wanted_state text, at bigint)
RETURNS TABLE (seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
BEGIN
  RETURN QUERY SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM unnest(ids) g(id)
  JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1)
  WHERE j.state = wanted_state AND j.lease_until IS NULL AND j.run_at <= clock AND NOT EXISTS (SELECT FROM lane_settings l WHERE l.lane = j.lane AND l.paused);
END $$;


CREATE OR REPLACE FUNCTION take(ids text[], versions int[], wanted_state text, target text, lease_ms bigint,
  for_holder text, at bigint, durability text)
RETURNS TABLE (seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  locked text[];
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  SELECT array_agg(s.id) INTO locked FROM (
    SELECT j.id FROM unnest(ids, versions) AS g(id, version)
    JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.version = g.version
    WHERE j.state = wanted_state AND j.lease_until IS NULL AND j.run_at <= clock
    FOR UPDATE OF j SKIP LOCKED) s;
  IF locked IS NULL THEN RETURN; END IF;

  INSERT INTO events (id, at, kind, detail)
  SELECT e.id, clock, 'moved', json_strip_nulls(json_build_object('from', wanted_state, 'to', target, 'holder', for_holder))
  FROM unnest(locked) e(id) JOIN lane_settings l ON l.lane = split_part(e.id, ':', 1) AND l.records
  WHERE wanted_state <> target;

  IF target IN ('completed', 'failed', 'cancelled') THEN
    RETURN QUERY
    WITH gone AS (
      DELETE FROM hot_jobs j USING unnest(locked) e(id) WHERE j.id = e.id AND j.lane = split_part(e.id, ':', 1) RETURNING j.*),
    ended AS (SELECT seq, id, lane, type, target AS state, priority, run_at, attempt, max_attempts, token, version + 1 AS version, inserted_at, clock AS updated_at, NULL::bigint AS lease_until, NULL::text AS holder, NULL::text AS lease_from, NULL::boolean AS cancel_requested, clock AS finished_at, NULL::bigint AS touched, grp, extra, progress, error, result AS result, payload, 6::smallint AS place FROM gone),
    kept AS (INSERT INTO history (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) SELECT seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place FROM ended e WHERE NOT EXISTS (SELECT FROM lane_settings l WHERE l.lane = e.lane AND e.state = ANY (l.discards)))
    SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM ended j ORDER BY array_position(ids, j.id);
    PERFORM forget_discarded(locked);
    RETURN;
  END IF;

  RETURN QUERY
  WITH moved AS (
    UPDATE hot_jobs j SET state = target, version = j.version + 1, updated_at = clock,
      place = CASE WHEN lease_ms IS NULL THEN 0 ELSE 4 END,
      attempt = CASE WHEN lease_ms IS NULL THEN 0 ELSE j.attempt + 1 END,
      token = CASE WHEN lease_ms IS NULL THEN j.token ELSE nextval('ticks') END,
      lease_until = clock + lease_ms,
      holder = CASE WHEN lease_ms IS NOT NULL THEN for_holder END,
      lease_from = CASE WHEN lease_ms IS NOT NULL THEN wanted_state END,
      touched = CASE WHEN is_custom(target) THEN nextval('ticks') END
    FROM unnest(locked) e(id) WHERE j.id = e.id AND j.lane = split_part(e.id, ':', 1) RETURNING j.*)
  SELECT j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text AS extra, j.progress::text AS progress, j.error::text AS error, j.result::text AS result, j.payload::text AS payload FROM moved j ORDER BY array_position(ids, j.id);
END $$;

-- Removes the events of jobs that were finished and not kept.
CREATE OR REPLACE FUNCTION forget_discarded(ids text[]) RETURNS void 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE cardinality(l.discards) > 0) THEN RETURN; END IF;
  DELETE FROM events e USING unnest(ids) g(id)
  WHERE e.id = g.id AND EXISTS (SELECT FROM lane_settings l WHERE l.lane = split_part(g.id, ':', 1) AND cardinality(l.discards) > 0)
    AND NOT EXISTS (SELECT FROM hot_jobs j WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1))
    AND NOT EXISTS (SELECT FROM history h WHERE h.id = g.id);
END $$;


CREATE OR REPLACE FUNCTION cas(changes json, at bigint, durability text) RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
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
  outcomes json[] := '{}';
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  -- In the order of their ids, so that two calls about the same jobs cannot wait for each other.
  IF json_array_length(changes) > 1 THEN
    PERFORM FROM unnest(ARRAY(SELECT c.id FROM json_to_recordset(changes) AS c(id text) ORDER BY c.id COLLATE "C"))
      WITH ORDINALITY AS g(id, place)
    JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1) ORDER BY g.place FOR UPDATE OF j;
  END IF;
  FOR change IN SELECT * FROM json_to_recordset(changes) AS c(id text, states text[], token bigint, version int, seen int,
    fails boolean, "set" json, event json, spawn json, spawned json, entered text[])
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
      next.place := CASE WHEN is_end THEN 6 WHEN next.lease_until IS NOT NULL THEN 4 WHEN next.run_at <= clock THEN 0 ELSE 1 END;

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
      IF change.spawn IS NOT NULL THEN
        PERFORM insert_jobs(change.spawn, change.entered, clock, false, false, durability);
      END IF;
    END IF;

    outcomes := outcomes || json_build_object('status', 'ok', 'version', next.version, 'state', next.state,
      'held', next.lease_until IS NOT NULL, 'spawned', change.spawned, 'renews', renews,
      'cancelRequested', CASE WHEN change_set ->> 'cancel' IS NOT NULL THEN next.cancel_requested ELSE old.cancel_requested END);
  END LOOP;
  RETURN array_to_json(outcomes)::text;
END $$;

CREATE OR REPLACE FUNCTION refusal(status text, old history) RETURNS json LANGUAGE sql IMMUTABLE AS
$$ SELECT json_build_object('status', status, 'state', old.state, 'token', old.token, 'version', old.version) $$;

-- Stores a job where it belongs: finished jobs in the history, unless their lane keeps none of them.
CREATE OR REPLACE FUNCTION write_job(old history, next history, in_history boolean) RETURNS void 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_end boolean := next.place = 6;
  is_kept boolean := NOT is_end OR NOT EXISTS (
    SELECT FROM lane_settings l WHERE l.lane = next.lane AND next.state = ANY (l.discards));
BEGIN
  IF NOT in_history AND NOT is_end THEN
    UPDATE hot_jobs j SET (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) = ROW (next.seq, next.id, next.lane, next.type, next.state, next.priority, next.run_at, next.attempt, next.max_attempts, next.token, next.version, next.inserted_at, next.updated_at, next.lease_until, next.holder, next.lease_from, next.cancel_requested, next.finished_at, next.touched, next.grp, next.extra, next.progress, next.error, next.result, next.payload, next.place) WHERE j.id = old.id AND j.lane = old.lane;
    RETURN;
  END IF;
  IF in_history AND is_end AND is_kept THEN
    UPDATE history h SET (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) = ROW (next.seq, next.id, next.lane, next.type, next.state, next.priority, next.run_at, next.attempt, next.max_attempts, next.token, next.version, next.inserted_at, next.updated_at, next.lease_until, next.holder, next.lease_from, next.cancel_requested, next.finished_at, next.touched, next.grp, next.extra, next.progress, next.error, next.result, next.payload, next.place) WHERE h.id = old.id;
    RETURN;
  END IF;
  IF in_history THEN DELETE FROM history h WHERE h.id = old.id;
  ELSE DELETE FROM hot_jobs j WHERE j.id = old.id AND j.lane = old.lane;
  END IF;
  IF NOT is_end THEN INSERT INTO hot_jobs (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) VALUES (next.seq, next.id, next.lane, next.type, next.state, next.priority, next.run_at, next.attempt, next.max_attempts, next.token, next.version, next.inserted_at, next.updated_at, next.lease_until, next.holder, next.lease_from, next.cancel_requested, next.finished_at, next.touched, next.grp, next.extra, next.progress, next.error, next.result, next.payload, next.place);
  ELSIF is_kept THEN INSERT INTO history (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) VALUES (next.seq, next.id, next.lane, next.type, next.state, next.priority, next.run_at, next.attempt, next.max_attempts, next.token, next.version, next.inserted_at, next.updated_at, next.lease_until, next.holder, next.lease_from, next.cancel_requested, next.finished_at, next.touched, next.grp, next.extra, next.progress, next.error, next.result, next.payload, next.place);
  ELSE DELETE FROM events e WHERE e.id = old.id;
  END IF;
END $$;

-- A job as a list of its columns in the order of every reader, or null when it is not kept.
CREATE OR REPLACE FUNCTION job_as_list(wanted text) RETURNS json 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  list json;
BEGIN
  -- A job that was not found where it was looked for first has moved in between, at most once.
  FOR attempt IN 1 .. 2 LOOP
    SELECT json_build_array(j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text, j.progress::text, j.error::text, j.result::text, j.payload::text) INTO list FROM hot_jobs j WHERE j.id = wanted AND j.lane = split_part(wanted, ':', 1);
    EXIT WHEN FOUND;
    SELECT json_build_array(j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text, j.progress::text, j.error::text, j.result::text, j.payload::text) INTO list FROM history j WHERE j.id = wanted;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN list;
END $$;


CREATE OR REPLACE FUNCTION settle(ids text[], tokens bigint[], states text[], results text[], at bigint, durability text)
RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  answer text;
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE l.records OR l.discards <> '{}') THEN
    WITH given AS MATERIALIZED (
    SELECT * FROM unnest(ids, tokens, states, results) WITH ORDINALITY AS g(id, token, state, result, n)),
  gone AS (
    DELETE FROM hot_jobs j USING given g
    WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.token = g.token AND j.lease_until > clock
    RETURNING j.*, g.n, g.state AS end_state, g.result::json AS end_result),
  ended AS (SELECT seq, id, lane, type, end_state AS state, priority, run_at, attempt, max_attempts, token, version + 1 AS version, inserted_at, clock AS updated_at, NULL::bigint AS lease_until, NULL::text AS holder, NULL::text AS lease_from, NULL::boolean AS cancel_requested, clock AS finished_at, NULL::bigint AS touched, grp, extra, progress, error, coalesce(end_result, result) AS result, payload, 6::smallint AS place FROM gone),
    kept AS (INSERT INTO history (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) SELECT seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place FROM ended)
    SELECT json_agg(json_build_array(g.n, g.version + 1, g.cancel_requested)) INTO answer FROM gone g;
    RETURN answer;
  END IF;

  WITH given AS MATERIALIZED (
    SELECT * FROM unnest(ids, tokens, states, results) WITH ORDINALITY AS g(id, token, state, result, n)),
  gone AS (
    DELETE FROM hot_jobs j USING given g
    WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.token = g.token AND j.lease_until > clock
    RETURNING j.*, g.n, g.state AS end_state, g.result::json AS end_result),
  ended AS (SELECT seq, id, lane, type, end_state AS state, priority, run_at, attempt, max_attempts, token, version + 1 AS version, inserted_at, clock AS updated_at, NULL::bigint AS lease_until, NULL::text AS holder, NULL::text AS lease_from, NULL::boolean AS cancel_requested, clock AS finished_at, NULL::bigint AS touched, grp, extra, progress, error, coalesce(end_result, result) AS result, payload, 6::smallint AS place FROM gone),
  kept AS (INSERT INTO history (seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place) SELECT seq, id, lane, type, state, priority, run_at, attempt, max_attempts, token, version, inserted_at, updated_at, lease_until, holder, lease_from, cancel_requested, finished_at, touched, grp, extra, progress, error, result, payload, place FROM ended e WHERE NOT EXISTS (SELECT FROM lane_settings l WHERE l.lane = e.lane AND e.state = ANY (l.discards))),
  logged AS (
    INSERT INTO events (id, at, kind, detail)
    SELECT g.id, clock, 'moved', json_build_object('from', g.state, 'to', g.end_state, 'holder', g.holder)
    FROM gone g WHERE EXISTS (SELECT FROM lane_settings l WHERE l.lane = g.lane AND l.records) AND g.state <> g.end_state)
  SELECT json_agg(json_build_array(g.n, g.version + 1, g.cancel_requested)) INTO answer FROM gone g;
  PERFORM forget_discarded(ids);
  RETURN answer;
END $$;

-- Finishes jobs and polls in one step. As "poll", and then a row of kind 3 that holds the answer of "settle" in "payload".
CREATE OR REPLACE FUNCTION settle_and_poll(ids text[], tokens bigint[], states text[], results text[], settled_at bigint,
  settle_durability text, asked text[], limits int[], turn int, types text[], patterns text[], resumed json,
  wanted_state text, target text, most int, lease_ms bigint, for_holder text, expired int, marks json, at bigint,
  durability text)
RETURNS TABLE (kind int, seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  answer text := settle(ids, tokens, states, results, settled_at, settle_durability);
BEGIN
  RETURN QUERY SELECT * FROM poll(asked, limits, turn, types, patterns, resumed, wanted_state, target, most, lease_ms,
    for_holder, expired, marks, at, durability);
  kind := 3;
  payload := answer;
  RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION renew(ids text[], tokens bigint[], lease_ms bigint[], at bigint, durability text)
RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  answer text;
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  WITH renewed AS (
    UPDATE hot_jobs j SET lease_until = clock + g.lease_ms
    FROM unnest(ids, tokens, lease_ms) WITH ORDINALITY AS g(id, token, lease_ms, n)
    WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.token = g.token AND j.lease_until > clock
    RETURNING g.n, j.version, j.cancel_requested)
  SELECT json_agg(json_build_array(r.n, r.version, r.cancel_requested)) INTO answer FROM renewed r;
  RETURN answer;
END $$;


CREATE OR REPLACE FUNCTION get_jobs(ids text[]) RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
  -- One statement, so that a job on its way from one table to the other is seen in one of them.
  RETURN (SELECT json_agg(f.job) FROM (
    SELECT json_build_array(j.seq, j.id, j.lane, j.type, j.state, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version, j.inserted_at, j.updated_at, j.lease_until, j.holder, j.lease_from, j.cancel_requested, j.finished_at, j.touched, j.grp, j.extra::text, j.progress::text, j.error::text, j.result::text, j.payload::text) AS job FROM unnest(ids) g(id) JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1)
    UNION ALL
    SELECT json_build_array(h.seq, h.id, h.lane, h.type, h.state, h.priority, h.run_at, h.attempt, h.max_attempts, h.token, h.version, h.inserted_at, h.updated_at, h.lease_until, h.holder, h.lease_from, h.cancel_requested, h.finished_at, h.touched, h.grp, h.extra::text, h.progress::text, h.error::text, h.result::text, h.payload::text) FROM unnest(ids) g(id) JOIN history h ON h.id = g.id) f);
END $$;


CREATE OR REPLACE FUNCTION remove_jobs(ids text[]) RETURNS int 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  sorted text[] := (SELECT array_agg(g.id ORDER BY g.id COLLATE "C") FROM unnest(ids) g(id));
  removed text[] := '{}';
BEGIN
  -- A job that was not found where it was looked for first has moved in between, at most once.
  FOR attempt IN 1 .. 2 LOOP
    -- Rows are locked in the order of their ids, so that two calls about the same jobs do not wait for each other. They are
    -- sorted before, since to avoid sorting them the planner would read the index from end to end.
    WITH held AS MATERIALIZED (SELECT j.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1) ORDER BY g.place FOR UPDATE OF j),
      gone AS (DELETE FROM hot_jobs j USING held g WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) RETURNING j.id)
    SELECT removed || array_agg(g.id) INTO removed FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
    WITH held AS MATERIALIZED (SELECT h.id FROM unnest(sorted) WITH ORDINALITY g(id, place)
        JOIN history h ON h.id = g.id ORDER BY g.place FOR UPDATE OF h),
      gone AS (DELETE FROM history h USING held g WHERE h.id = g.id RETURNING h.id)
    SELECT removed || array_agg(g.id) INTO removed FROM gone g;
    EXIT WHEN cardinality(removed) = cardinality(ids);
  END LOOP;
  DELETE FROM events e USING unnest(removed) g(id) WHERE e.id = g.id;
  RETURN cardinality(removed);
END $$;

-- The jobs that finished first and long enough ago, of one lane or of all. The indexes give each lane and state its
-- oldest ones, so a call costs no more than its limit for each of them.
CREATE OR REPLACE FUNCTION remove_finished(of_lane text, states text[], older_than_ms bigint, most int, at bigint)
RETURNS int 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  before bigint := clock - older_than_ms;
  oldest text[];
  lanes text[];
  ends text[];
  times bigint[];
  places bigint[];
  parts regclass[];
  removed int;
BEGIN
  SELECT array_agg(f.id), array_agg(f.lane), array_agg(f.state), array_agg(f.finished_at), array_agg(f.seq),
    array_agg(DISTINCT f.part)
  INTO oldest, lanes, ends, times, places, parts FROM (
    SELECT o.* FROM (SELECT DISTINCT n.lane FROM lane_names n WHERE of_lane IS NULL OR n.lane = of_lane) l,
      unnest(states) s(state),
      LATERAL (SELECT h.id, h.lane, h.state, h.finished_at, h.seq, h.tableoid::regclass AS part FROM history h
        WHERE h.lane = l.lane AND h.state = s.state AND h.finished_at <= before
        ORDER BY h.finished_at, h.seq LIMIT most) o
    ORDER BY o.finished_at, o.seq LIMIT most) f;
  IF oldest IS NULL THEN RETURN 0; END IF;
  -- As many as a call may remove are in one partition, to which nobody adds any more: perhaps all of it can go.
  IF most >= 1000 AND cardinality(oldest) = most AND cardinality(parts) = 1
    AND is_day_before(parts[1]::text, clock / 86400000) THEN
    removed := empty_part(parts[1], of_lane, states, before);
    IF removed IS NOT NULL THEN RETURN removed; END IF;
  END IF;
  -- Somebody may have retried them since: only those go which are still as they were found, and which nobody is changing.
  WITH held AS MATERIALIZED (
      SELECT o.* FROM unnest(oldest, lanes, ends, times, places) o(id, lane, state, finished_at, seq)
      JOIN history h ON h.id = o.id AND h.lane = o.lane AND h.state = o.state AND h.finished_at = o.finished_at AND h.seq = o.seq FOR UPDATE OF h SKIP LOCKED),
    gone AS (DELETE FROM history h USING held o WHERE h.id = o.id AND h.lane = o.lane AND h.state = o.state AND h.finished_at = o.finished_at AND h.seq = o.seq RETURNING h.id)
  SELECT array_agg(g.id) INTO oldest FROM gone g;
  DELETE FROM events e USING unnest(oldest) g(id) WHERE e.id = g.id;
  RETURN coalesce(cardinality(oldest), 0);
END $$;

-- Empties a partition of the history at once, but for a few jobs which stay, and tells how many went; null when too many
-- have to stay, or when somebody uses it for longer than others may be made to wait.
CREATE OR REPLACE FUNCTION empty_part(part regclass, of_lane text, states text[], before bigint) RETURNS int
  LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '100ms' SET plan_cache_mode = auto
  SET enable_seqscan = on SET enable_bitmapscan = on SET enable_sort = on SET enable_hashjoin = on AS $$
DECLARE
  staying history[];
  stay int;
  go int;
BEGIN
  -- A snapshot from before the lock would not show what changed until then, and it would be lost.
  IF current_setting('transaction_isolation') <> 'read committed' OR NOT pg_try_advisory_xact_lock(hashtextextended('anyqueue history ' || current_schema(), 0)) THEN RETURN NULL; END IF;
  -- Only to learn, before the work, that nobody holds it for long.
  BEGIN
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    RAISE EXCEPTION USING ERRCODE = 'AQ002';
  EXCEPTION WHEN SQLSTATE 'AQ002' THEN NULL;
  END;
  -- Nobody changes it now, nor is about to, which would be in the way of the truncation; others go on reading it, and
  -- finishing jobs, which are in other partitions.
  EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', part);
  EXECUTE format('SELECT array_agg(s.job) FROM (
    SELECT p.job FROM (SELECT DISTINCT n.lane FROM lane_names n) l,
      (VALUES (''completed''), (''failed''), (''cancelled'')) e(state),
      LATERAL (SELECT j::history AS job FROM %s j WHERE j.lane = l.lane AND j.state = e.state AND j.finished_at >
        CASE WHEN coalesce(l.lane = $1, true) AND e.state = ANY ($2) THEN $3 ELSE -1 END) p
    LIMIT 1000 + 1) s', part) INTO staying USING of_lane, states, before;
  IF cardinality(staying) > 1000 THEN RETURN NULL; END IF;

  EXECUTE format('SELECT count(*) FILTER (WHERE is_told), count(*) FILTER (WHERE NOT is_told) FROM (
    SELECT coalesce(j.lane = $1, true) AND j.state = ANY ($2) AND j.finished_at <= $3 AS is_told FROM %s j) s', part)
  INTO go, stay USING of_lane, states, before;
  IF stay <> coalesce(cardinality(staying), 0) THEN RETURN NULL; END IF;
  EXECUTE format('DELETE FROM events e USING %s j WHERE j.id = e.id
    AND NOT EXISTS (SELECT FROM unnest($1) s WHERE s.id = e.id)', part) USING staying;
  EXECUTE format('TRUNCATE %s', part);
  INSERT INTO history SELECT * FROM unnest(staying);
  RETURN go;
EXCEPTION WHEN lock_not_available THEN
  RETURN NULL;
END $$;


CREATE OR REPLACE FUNCTION tend_history(at bigint DEFAULT NULL) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
  clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  -- current_user is the owner, as whom this runs.
  slack bigint := CASE WHEN pg_has_role(session_user, current_user, 'MEMBER') THEN 253402041600000 ELSE 86400000 END;
  today bigint := least(greatest(coalesce(at, clock), clock - slack, 0), clock + slack, 253402041600000) / 86400000;
  done int := 0;
  part text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('anyqueue history ' || current_schema(), 0)) THEN RETURN 0; END IF;
  -- One lock that is waited for is all: whoever has to wait for those of the days must not wait for another one, too.
  FOR day IN today .. today + 2 LOOP
    done := done + add_day(day);
  END LOOP;
  IF done > 0 THEN RETURN done; END IF;
  -- Yesterday may still get jobs from calls that began before midnight.
  FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'history'::regclass AND is_day_before(c.relname, today - 1) LOOP
    IF drop_if_empty(part) > 0 THEN RETURN 1; END IF;
  END LOOP;
  RETURN 0;
EXCEPTION WHEN lock_not_available THEN
  RETURN 0;
END $$;

-- Makes the partition of a day, counted from 1970 in UTC, with the jobs of that day which the default one has. 1 if it did.
CREATE OR REPLACE FUNCTION add_day(day bigint) RETURNS int 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  part text := name_of_day(day);
  low bigint := day * 86400000;
  high bigint := low + 86400000;
BEGIN
  IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = part)
    OR is_crowded(low, high) THEN
    RETURN 0;
  END IF;
  LOCK TABLE ONLY history IN SHARE UPDATE EXCLUSIVE MODE;
  LOCK TABLE history_other IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE %I (LIKE history INCLUDING DEFAULTS)', part);
  EXECUTE format('WITH moved AS (DELETE FROM history_other WHERE finished_at >= $1 AND finished_at < $2 RETURNING *)
    INSERT INTO %I SELECT * FROM moved', part) USING low, high;
  EXECUTE format('ALTER TABLE history ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', part, low, high);
  RETURN 1;
END $$;

-- True when the default partition has too many jobs that finished at these times to move them.
CREATE OR REPLACE FUNCTION is_crowded(low bigint, high bigint) RETURNS boolean 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  RETURN count(*) > 50000 FROM (
    SELECT FROM (SELECT DISTINCT n.lane FROM lane_names n) l, (VALUES ('completed'), ('failed'), ('cancelled')) e(state),
      LATERAL (SELECT FROM history_other h
        WHERE h.lane = l.lane AND h.state = e.state AND h.finished_at >= low AND h.finished_at < high) f
    LIMIT 50000 + 1) m;
END $$;

-- Drops a partition of the history if nothing is in it. 1 if it did.
CREATE OR REPLACE FUNCTION drop_if_empty(part text) RETURNS int 
  LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_used boolean;
BEGIN
  -- Looked at twice: first at leisure, then again when nobody can come in between.
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part) INTO is_used;
  -- Rows that were removed one by one are left to vacuum first.
  IF is_used OR pg_relation_size(part) > 67108864 THEN RETURN 0; END IF;
  LOCK TABLE ONLY history IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part) INTO is_used;
  IF is_used THEN RETURN 0; END IF;
  EXECUTE format('DROP TABLE %I', part);
  RETURN 1;
END $$;

CREATE OR REPLACE FUNCTION name_of_day(day bigint) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS
$$ SELECT 'history_' || to_char(timestamp '1970-01-01' + day * interval '1 day', 'YYYYMMDD') $$;

-- True for the partition of a day before this one.
CREATE OR REPLACE FUNCTION is_day_before(part text, day bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS
$$ SELECT part ~ '^history_[0-9]{8}$' AND part < name_of_day(day) $$;


CREATE OR REPLACE FUNCTION append_events(entries json, at bigint, durability text) RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  entry record;
  sorted text[];
  is_found boolean;
  statuses text[] := '{}';
BEGIN 
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;
  -- In the order of their ids, so that two calls about the same jobs do not wait for each other. They are sorted before,
  -- since to avoid sorting the rows the planner would read the index from end to end.
  IF json_array_length(entries) > 1 THEN
    sorted := (SELECT array_agg(e.id ORDER BY e.id COLLATE "C") FROM json_to_recordset(entries) AS e(id text));
    PERFORM FROM unnest(sorted) WITH ORDINALITY g(id, place)
    JOIN hot_jobs j ON j.id = g.id AND j.lane = split_part(g.id, ':', 1) ORDER BY g.place FOR UPDATE OF j;
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
      statuses := statuses || CASE WHEN job_as_list(entry.id) IS NULL THEN 'missing' ELSE 'stale' END;
      CONTINUE;
    END IF;
    INSERT INTO events (id, at, kind, detail)
    VALUES (entry.id, clock, 'user', json_build_object('data', entry.event -> 0));
    statuses := statuses || 'ok'::text;
  END LOOP;
  RETURN array_to_json(statuses)::text;
END $$;


CREATE OR REPLACE FUNCTION read_events(seen pg_snapshot, up_to pg_snapshot, place bigint, kinds text[], most int)
RETURNS TABLE (seq bigint, id text, at bigint, kind text, detail text) ROWS 100 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  present pg_snapshot := coalesce(up_to, pg_current_snapshot());
BEGIN
  IF up_to IS NULL AND pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() THEN
    IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
    PERFORM pg_logical_emit_message(true, 'anyqueue', '');
  END IF;

  RETURN QUERY SELECT NULL::bigint, s.epoch, NULL::bigint, NULL::text, present::text FROM schema_info s;
  IF seen IS NULL OR up_to IS NOT NULL THEN
    RETURN QUERY SELECT e.seq, e.id, e.at, e.kind, e.detail::text FROM events e
    WHERE e.seq > place AND e.kind = ANY (kinds) AND pg_visible_in_snapshot(e.xid, present)
      AND (seen IS NULL OR NOT pg_visible_in_snapshot(e.xid, seen))
    ORDER BY e.seq LIMIT most;
  ELSE
    -- The fence keeps the order from being served by a walk along all numbers.
    RETURN QUERY SELECT e.* FROM (
      SELECT e.seq, e.id, e.at, e.kind, e.detail::text FROM events e
      WHERE e.xid >= pg_snapshot_xmin(seen) AND NOT pg_visible_in_snapshot(e.xid, seen)
        AND pg_visible_in_snapshot(e.xid, present) AND e.kind = ANY (kinds) OFFSET 0) e
    ORDER BY e.seq LIMIT most;
  END IF;
END $$;


CREATE OR REPLACE FUNCTION configure_lane(named text, given json) RETURNS boolean 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  merged jsonb;
BEGIN
  INSERT INTO lane_names SELECT named WHERE NOT EXISTS (SELECT FROM lane_names n WHERE n.lane = named);
  INSERT INTO lane_settings (lane, settings) VALUES (named, '{}') ON CONFLICT DO NOTHING;
  SELECT l.settings::jsonb || given::jsonb INTO merged FROM lane_settings l WHERE l.lane = named FOR UPDATE;
  SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO merged FROM jsonb_each(merged) WHERE value <> 'null';
  UPDATE lane_settings l SET settings = merged::json,
    paused = coalesce((merged ->> 'paused')::boolean, false),
    records = coalesce(merged ->> 'history', '') = 'all',
    discards = ARRAY(SELECT k.key FROM jsonb_each(coalesce(merged -> 'keep', '{}')) k WHERE k.value = 'false')
  WHERE l.lane = named;
  RETURN true;
END $$;


CREATE OR REPLACE FUNCTION lane_status(at bigint) RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  clock bigint := coalesce(at, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  here text;
  counts json[];
  lanes json[] := '{}';
  each_state text;
  n bigint;
  oldest bigint;
  due bigint;
  each_priority bigint;
BEGIN
  FOR here IN SELECT DISTINCT l.lane FROM lane_names l ORDER BY l.lane LOOP
    counts := '{}';
    -- Jumps from one state to the next in an index that begins with the lane and the state.
    each_state := '';
    LOOP
      SELECT j.state INTO each_state FROM hot_jobs j
      WHERE j.place = 0 AND j.lane = here AND j.state > each_state ORDER BY j.state LIMIT 1;
      EXIT WHEN each_state IS NULL;
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 0 AND j.lane = here AND j.state = each_state LIMIT 10001) s;
      counts := counts || json_build_array(each_state, n);
    END LOOP;
    each_state := '';
    LOOP
      SELECT j.state INTO each_state FROM hot_jobs j
      WHERE j.place = 1 AND j.lane = here AND j.state > each_state ORDER BY j.state LIMIT 1;
      EXIT WHEN each_state IS NULL;
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 1 AND j.lane = here AND j.state = each_state AND j.run_at <= clock LIMIT 10001) s;
      counts := counts || json_build_array(each_state, n);
      SELECT count(*) INTO n FROM (SELECT FROM hot_jobs j
        WHERE j.place = 1 AND j.lane = here AND j.state = each_state AND j.run_at > clock LIMIT 10001) s;
      counts := counts || json_build_array(CASE each_state WHEN 'waiting' THEN 'delayed' ELSE each_state END, n);
    END LOOP;
    FOR each_state, n IN
      SELECT s.state, count(*) FROM (SELECT j.state FROM hot_jobs j WHERE j.place = 4 AND j.lane = here LIMIT 4 * 10001) s
      GROUP BY s.state LOOP
      counts := counts || json_build_array(each_state, n);
    END LOOP;
    FOREACH each_state IN ARRAY ARRAY['completed', 'failed', 'cancelled'] LOOP
      SELECT count(*) INTO n FROM (SELECT FROM history h WHERE h.lane = here AND h.state = each_state LIMIT 10001) s;
      counts := counts || json_build_array(each_state, n);
    END LOOP;

    -- The first of each priority has been due longest among its equals.
    oldest := (SELECT j.run_at FROM hot_jobs j WHERE j.place = 1 AND j.lane = here AND j.state = 'waiting'
      ORDER BY j.run_at LIMIT 1);
    each_priority := -1;
    FOR jump IN 1 .. 1000 LOOP
      SELECT j.priority, j.run_at INTO each_priority, due FROM hot_jobs j
      WHERE j.place = 0 AND j.lane = here AND j.state = 'waiting' AND j.priority > each_priority
      ORDER BY j.priority, j.run_at LIMIT 1;
      EXIT WHEN each_priority IS NULL;
      oldest := least(oldest, due);
    END LOOP;
    IF each_priority IS NOT NULL THEN
      oldest := least(oldest, (SELECT min(j.run_at) FROM hot_jobs j
        WHERE j.place = 0 AND j.lane = here AND j.state = 'waiting'));
    END IF;
    lanes := lanes || json_build_array(here, coalesce((SELECT s.settings FROM lane_settings s WHERE s.lane = here), '{}'),
      array_to_json(counts), CASE WHEN oldest <= clock THEN oldest END);
  END LOOP;
  RETURN array_to_json(lanes)::text;
END $$;


CREATE OR REPLACE FUNCTION refuse(message text, remedy text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = message, HINT = remedy;
END $$;

-- A value as it is shown in a message.
CREATE OR REPLACE FUNCTION shown(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN value IS NULL THEN 'null' WHEN length(value) > 60 THEN to_json(left(value, 59) || '…')::text
  ELSE to_json(value)::text END $$;

-- The name of a type, state, holder or group.
CREATE OR REPLACE FUNCTION check_name(subject text, option text, value text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF length(value) NOT BETWEEN 1 AND 255 OR value COLLATE "C" ~ E'[\\u0001-\\u001F\\u007F-\\u009F]' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'A name has 1 to 255 characters, none of them a control character.');
  END IF;
END $$;

CREATE OR REPLACE FUNCTION check_lane(subject text, option text, value text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF starts_with(value, '$') THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'Names that begin with $ are reserved; name a lane of your own.');
  END IF;
  IF value COLLATE "C" !~ '^[A-Za-z0-9_.-]{1,100}$' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value)),
      'The name of a lane has 1 to 100 letters, digits, "_", "." or "-".');
  END IF;
END $$;

-- JSON of any kind, within bounds, that everybody can read. The type jsonb has refused U+0000 and lone surrogates.
CREATE OR REPLACE FUNCTION check_value(subject text, option text, value jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  written text := value::text;
BEGIN
  IF length(written) <= 300 THEN RETURN; END IF;
  IF octet_length(written) > 1048576 THEN
    PERFORM refuse(format('%s: "%s" has %s bytes as JSON, and at most 1048576 are taken.', subject, option,
      octet_length(written)), 'Store it elsewhere, and put where it is into the job.');
  END IF;
  -- Only who opens so many lists and objects can have nested them so deep.
  IF length(written) - length(replace(replace(written, '[', ''), '{', '')) > 200 AND jsonb_path_exists(value,
    'strict $.**{200 to last} ? (@.type() == "object" || @.type() == "array")') THEN
    PERFORM refuse(format('%s: "%s" is nested more than 200 levels deep.', subject, option), 'Make it flatter.');
  END IF;
  IF written ~ '[0-9]{155}[0-9]{154}' AND jsonb_path_exists(value,
    'strict $.** ? (@.type() == "number" && (@ > 1.7976931348623157e308 || @ < -1.7976931348623157e308))') THEN
    PERFORM refuse(format('%s: "%s" holds a number beyond 1.8e308, which few can read.', subject, option),
      'Write it as a string.');
  END IF;
END $$;

-- A length of time in milliseconds. A day has 24 hours and a month 30 days, so that it is the same in every session.
CREATE OR REPLACE FUNCTION ms_of(subject text, option text, value interval, least_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  ms numeric := round((extract(epoch FROM value) * 1000)::numeric);
BEGIN
  -- The infinite intervals of newer servers come out as infinity, too.
  IF ms NOT BETWEEN least_ms AND 8640000000000000 THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value::text)),
      CASE least_ms WHEN 0 THEN 'Give an interval such as ''5 min'', not a negative one.'
      ELSE 'Give an interval such as ''30 s'', of a millisecond at least.' END);
  END IF;
  RETURN ms;
END $$;

-- A time in epoch milliseconds, never earlier than what was said.
CREATE OR REPLACE FUNCTION ms_at(subject text, option text, value timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF value NOT BETWEEN '1970-01-01 00:00:00+00' AND '275760-09-13 00:00:00+00' THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, shown(value::text)),
      'Give a time from 1970 to the year 275760.');
  END IF;
  RETURN ((extract(epoch FROM value) * 1000000)::bigint + 999) / 1000;
END $$;


CREATE OR REPLACE FUNCTION tell(ready text[], finished text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  message text := json_strip_nulls(json_build_object('l', to_json(nullif(ready, '{}')), 'f', to_json(nullif(finished, '{}'))));
BEGIN
  IF message = '{}' THEN RETURN; END IF;
  -- Postgres takes less than 8000 bytes; what is too much to list may be anything.
  PERFORM pg_notify(current_schema(), CASE WHEN octet_length(message) > 7999 THEN '{"r":1}' ELSE message END);
END $$;

-- Tells of changes that cas made: what is ready again or later, and what has ended.
CREATE OR REPLACE FUNCTION tell_outcomes(changes json, outcomes json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ready text[];
  finished text[];
BEGIN
  SELECT array_agg(DISTINCT d.lane) FILTER (WHERE NOT d.is_end), array_agg(DISTINCT d.lane) FILTER (WHERE d.is_end)
  INTO ready, finished FROM (
    SELECT split_part(changes -> (o.n - 1)::int ->> 'id', ':', 1) AS lane,
      o.outcome ->> 'state' IN ('completed', 'failed', 'cancelled') AS is_end
    FROM json_array_elements(outcomes) WITH ORDINALITY o(outcome, n)
    WHERE o.outcome ->> 'status' = 'ok' AND NOT (o.outcome ->> 'held')::boolean) d;
  PERFORM tell(ready, finished);
END $$;


CREATE OR REPLACE FUNCTION new_job(subject text, type text, payload jsonb, lane text, id text, priority bigint,
  run_at timestamptz, delay interval, max_attempts bigint, backoff jsonb, timeout interval, "group" text, state text,
  progress jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  extra json;
BEGIN
  IF type IS NULL THEN
    PERFORM refuse(subject || ': "type" is missing.', 'Name what is to be done, such as mail.send.');
  END IF;
  PERFORM check_name(subject, 'type', type);
  IF strpos(id, ':') = 0 THEN
    lane := coalesce(lane, 'default');
    id := lane || ':' || id;
  ELSIF coalesce(lane <> split_part(id, ':', 1), false) THEN
    PERFORM refuse(format('%s: "id" cannot be %s in the lane %s.', subject, shown(id), shown(lane)),
      'A whole id begins with its lane and a colon; without a colon the lane is put before it.');
  ELSE
    lane := coalesce(lane, split_part(id, ':', 1), 'default');
    id := coalesce(id, lane || ':' || local_id());
  END IF;
  PERFORM check_lane(subject, 'lane', lane);
  PERFORM check_name(subject, 'id', substr(id, length(lane) + 2));
  PERFORM check_name(subject, 'group', "group");

  state := coalesce(state, 'waiting');
  IF state <> 'waiting' THEN
    PERFORM check_name(subject, 'state', state);
    IF state IN ('active', 'blocked', 'completed', 'failed', 'cancelled') OR starts_with(state, '$') THEN
      PERFORM refuse(format('%s: a job cannot begin as %s.', subject, shown(state)),
        'Leave "state" out, or name a state of your own that does not begin with $.');
    END IF;
  END IF;
  IF priority NOT BETWEEN 0 AND 4294967295 THEN
    PERFORM refuse(format('%s: "priority" cannot be %s.', subject, priority),
      'Give a whole number from 0 to 4294967295; lower runs first, and 512 is the default.');
  END IF;
  IF max_attempts NOT BETWEEN 1 AND 1000000 THEN
    PERFORM refuse(format('%s: "max_attempts" cannot be %s.', subject, max_attempts),
      'Give a whole number from 1 to 1000000: how often it may be tried in total.');
  END IF;
  IF run_at IS NOT NULL AND delay IS NOT NULL THEN
    PERFORM refuse(subject || ': "run_at" and "delay" are both given.', 'Give one of them.');
  END IF;
  PERFORM check_value(subject, 'payload', payload);
  PERFORM check_value(subject, 'progress', progress);
  IF backoff IS NOT NULL OR timeout IS NOT NULL THEN
    extra := json_strip_nulls(json_build_object('backoff', stored_backoff(subject, backoff),
      'timeoutMs', ms_of(subject, 'timeout', timeout, 1)));
  END IF;
  RETURN json_build_object('id', id, 'lane', lane, 'type', type, 'payload', payload, 'state', state,
    'priority', coalesce(priority, 512), 'maxAttempts', coalesce(max_attempts, 3), 'runAt', ms_at(subject, 'run_at', run_at),
    'delayMs', ms_of(subject, 'delay', delay, 0), 'group', "group", 'extra', extra,
    'progress', CASE WHEN progress IS NOT NULL THEN json_build_array(progress) END);
END $$;

-- A backoff as it is stored with a job. Taken as TypeScript's add takes it, {"type", "delay", "max", "jitter"} with
-- milliseconds or text such as "1 s", or in the stored form, {"type", "delayMs", "maxMs", "jitter"}.
CREATE OR REPLACE FUNCTION stored_backoff(subject text, given jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  remedy constant text := 'Give an object such as {"type": "exponential", "delay": "1 s", "max": "10 min", "jitter": 0.2}; '
    'the types are fixed, linear and exponential, and the jitter goes from 0 to 1.';
  unknown text;
  kind text := given ->> 'type';
  jitter jsonb := nullif(given -> 'jitter', 'null');
  delay_ms bigint;
  max_ms bigint;
BEGIN
  IF given IS NULL OR given = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(given) <> 'object' THEN
    PERFORM refuse(subject || ': "backoff" is not an object.', remedy);
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(given) k(key)
  WHERE key NOT IN ('type', 'delay', 'delayMs', 'max', 'maxMs', 'jitter') LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse(format('%s: "backoff" has no %s.', subject, shown(unknown)), remedy);
  END IF;
  IF coalesce(kind, '') NOT IN ('fixed', 'linear', 'exponential') THEN
    PERFORM refuse(format('%s: the type of "backoff" cannot be %s.', subject, shown(kind)), remedy);
  END IF;
  delay_ms := json_ms(subject, 'backoff.delay', coalesce(nullif(given -> 'delay', 'null'), given -> 'delayMs'));
  max_ms := json_ms(subject, 'backoff.max', coalesce(nullif(given -> 'max', 'null'), given -> 'maxMs'));
  IF delay_ms IS NULL THEN
    PERFORM refuse(subject || ': "backoff" has no delay.', remedy);
  END IF;
  IF jitter IS NOT NULL AND NOT (jsonb_typeof(jitter) = 'number' AND jitter BETWEEN '0' AND '1') THEN
    PERFORM refuse(format('%s: the jitter of "backoff" cannot be %s.', subject, jitter), remedy);
  END IF;
  RETURN json_strip_nulls(json_build_object('type', kind, 'delayMs', delay_ms, 'maxMs', max_ms, 'jitter', jitter));
END $$;

-- A length of time in JSON: milliseconds as a number, or an interval as text.
CREATE OR REPLACE FUNCTION json_ms(subject text, option text, value jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF value IS NULL OR value = 'null' THEN RETURN NULL; END IF;
  IF jsonb_typeof(value) = 'number' AND value BETWEEN '0' AND '8640000000000000' THEN RETURN round(value::numeric); END IF;
  BEGIN
    IF jsonb_typeof(value) = 'string' THEN RETURN ms_of(subject, option, (value #>> '{}')::interval, 0); END IF;
  EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR interval_field_overflow THEN
    -- Refused like any other.
  END;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)),
    'Give an interval such as "1 s", or milliseconds as a number.');
END $$;

-- A time-ordered UUID (version 7, RFC 9562 §5.7), microseconds in rand_a as in its method 3.
CREATE OR REPLACE FUNCTION local_id() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  us bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  ms text := lpad(to_hex(us / 1000), 12, '0');
BEGIN
  RETURN left(ms, 8) || '-' || right(ms, 4) || '-7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
    || substr(gen_random_uuid()::text, 19);
END $$;


-- An id that is kept already is answered as it is, and changes nothing (P3).
CREATE OR REPLACE FUNCTION enqueue(type text, payload jsonb DEFAULT 'null', lane text DEFAULT NULL, id text DEFAULT NULL,
  priority bigint DEFAULT 512, run_at timestamptz DEFAULT NULL, delay interval DEFAULT NULL, max_attempts int DEFAULT 3,
  backoff jsonb DEFAULT NULL, timeout interval DEFAULT NULL, "group" text DEFAULT NULL, state text DEFAULT 'waiting',
  progress jsonb DEFAULT NULL, notify boolean DEFAULT true)
RETURNS text 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  job json := new_job('Cannot enqueue', type, payload, lane, id, priority, run_at, delay, max_attempts, backoff, timeout,
    "group", state, progress);
  existing text := insert_jobs(json_build_array(job), ARRAY[job ->> 'lane'], NULL, id IS NULL, false, NULL);
BEGIN
  IF notify AND existing IS NULL THEN
    PERFORM tell(ARRAY[job ->> 'lane'], NULL);
  END IF;
  RETURN job ->> 'id';
END $$;

-- Each job is an object with the options of enqueue. Places count from 1. With all_or_none one that exists stops them all.
CREATE OR REPLACE FUNCTION enqueue_bulk(jobs jsonb, all_or_none boolean DEFAULT false, notify boolean DEFAULT true)
RETURNS TABLE (place int, status text, id text) ROWS 1000 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' AS $$
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
  outcome := insert_jobs(array_to_json(given), lanes, NULL, is_fresh, coalesce(all_or_none, false), NULL);
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
CREATE OR REPLACE FUNCTION new_job_of(subject text, options jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  unknown text;
BEGIN
  IF jsonb_typeof(options) <> 'object' THEN
    PERFORM refuse(subject || ': it is not an object.', 'Give an object such as {"type": "mail.send", "payload": {}}.');
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(options) k(key)
  WHERE key <> ALL ('{type,payload,lane,id,priority,run_at,delay,max_attempts,backoff,timeout,group,state,progress}') LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse(format('%s: there is no option %s.', subject, shown(unknown)), 'The options are type, payload, lane, id, priority, run_at, delay, max_attempts, backoff, timeout, group, state, progress.');
  END IF;
  RETURN new_job(subject, json_text(subject, options, 'type'), options -> 'payload', json_text(subject, options, 'lane'),
    json_text(subject, options, 'id'), json_int(subject, options, 'priority'), json_time(subject, options, 'run_at'),
    json_interval(subject, options, 'delay'), json_int(subject, options, 'max_attempts'), options -> 'backoff',
    json_interval(subject, options, 'timeout'), json_text(subject, options, 'group'), json_text(subject, options, 'state'),
    options -> 'progress');
END $$;

CREATE OR REPLACE FUNCTION json_text(subject text, options jsonb, option text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(options -> option) NOT IN ('string', 'null') THEN
    PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left((options -> option)::text, 60)), 'Give a string.');
  END IF;
  RETURN options ->> option;
END $$;

CREATE OR REPLACE FUNCTION json_int(subject text, options jsonb, option text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  value jsonb := nullif(options -> option, 'null');
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  IF jsonb_typeof(value) = 'number' AND value BETWEEN '-9007199254740991' AND '9007199254740991' THEN
    IF value::numeric % 1 = 0 THEN RETURN value::numeric; END IF;
  END IF;
  PERFORM refuse(format('%s: "%s" cannot be %s.', subject, option, left(value::text, 60)), 'Give a whole number.');
END $$;

CREATE OR REPLACE FUNCTION json_interval(subject text, options jsonb, option text) RETURNS interval LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION json_time(subject text, options jsonb, option text) RETURNS timestamptz LANGUAGE plpgsql AS $$
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


-- Milliseconds to wait after the attempt-th failure; share is from 0 to 1, at random.
CREATE OR REPLACE FUNCTION backoff_delay(backoff json, attempt int, share double precision) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  step double precision := greatest(1, attempt);
  delay double precision := (backoff ->> 'delayMs')::double precision
    * CASE backoff ->> 'type' WHEN 'linear' THEN step WHEN 'exponential' THEN 2 ^ least(step - 1, 52) ELSE 1 END
    * (1 + coalesce((backoff ->> 'jitter')::double precision, 0) * share);
BEGIN
  RETURN least(floor(delay + 0.5), (backoff ->> 'maxMs')::double precision, 3153600000000);
END $$;

-- The change to a job, as a row of either table, after a failed attempt, which is final or is tried again after so many milliseconds, if that is said.
CREATE OR REPLACE FUNCTION after_failure(job history, failure json, retry_ms bigint, is_final boolean) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  IF job.cancel_requested THEN
    RETURN json_strip_nulls(json_build_object('state', 'cancelled', 'error', failure));
  END IF;
  IF is_final OR job.attempt >= job.max_attempts THEN
    RETURN json_build_object('state', 'failed', 'error', failure);
  END IF;
  RETURN json_build_object('state', coalesce(job.lease_from, 'waiting'), 'error', failure,
    'delayMs', coalesce(retry_ms, backoff_delay(coalesce(job.extra -> 'backoff',
      '{"type": "exponential", "delayMs": 1000, "maxMs": 3600000, "jitter": 0.2}'), job.attempt, random())));
END $$;

-- An attempt's error as it stays readable: what is too long is cut.
CREATE OR REPLACE FUNCTION failure_of(message text, code text, stack text, attempt int, clock bigint) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
  RETURN json_strip_nulls(json_build_object(
    'message', cut_to(coalesce(nullif(message, ''), 'No reason was given.'), 4000),
    'code', cut_to(code, 100), 'stack', cut_to(stack, 8000), 'attempt', attempt, 'at', clock));
END $$;

CREATE OR REPLACE FUNCTION cut_to(value text, bound int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN length(value) > bound THEN left(value, bound - 1) || '…' ELSE value END $$;

-- Takes over jobs whose lease has ended and settles them, in one step. Tells how many.
CREATE OR REPLACE FUNCTION rescue(every_lane text[], most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  ids text[] := ARRAY(SELECT t.id FROM take_over(every_lane, most, 10000, 'rescuer', clock) t);
  changes json;
BEGIN
  IF cardinality(ids) = 0 THEN RETURN 0; END IF;
  SELECT json_agg(json_build_object('id', j.id, 'token', j.token, 'set', after_failure(ROW(j.*)::history,
    CASE WHEN j.cancel_requested THEN NULL ELSE failure_of(
      format('The lease of attempt %s ended before it was settled.', j.attempt), 'LEASE_ENDED', NULL, j.attempt, clock) END,
    NULL, false)) ORDER BY j.id)
  INTO changes FROM unnest(ids) t(id) JOIN hot_jobs j ON j.id = t.id AND j.lane = split_part(t.id, ':', 1);
  PERFORM tell_outcomes(changes, cas(changes, clock, NULL)::json);
  RETURN cardinality(ids);
END $$;


CREATE OR REPLACE FUNCTION claim(lanes text[] DEFAULT NULL, n int DEFAULT 1, lease interval DEFAULT '30 s',
  holder text DEFAULT NULL, types text[] DEFAULT NULL)
RETURNS TABLE ("id" text, "type" text, "payload" jsonb, "token" bigint, "attempt" int, "max_attempts" int, "lane" text, "state" text, "priority" bigint, "run_at" timestamptz, "lease_until" timestamptz, "group" text, "timeout" interval, "progress" jsonb, "error" jsonb, "inserted_at" timestamptz, "version" int) ROWS 10 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
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
        id := j.id;
        type := j.type;
        payload := j.payload::jsonb;
        token := j.token;
        attempt := j.attempt;
        max_attempts := j.max_attempts;
        lane := j.lane;
        state := j.state;
        priority := j.priority;
        run_at := to_timestamp(j.run_at / 1000.0);
        lease_until := to_timestamp(j.lease_until / 1000.0);
        "group" := j.grp;
        timeout := (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond';
        progress := j.progress::jsonb;
        error := j.error::jsonb;
        inserted_at := to_timestamp(j.inserted_at / 1000.0);
        version := j.version;
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
CREATE OR REPLACE FUNCTION every_lane() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  all_lanes text[] := ARRAY(SELECT DISTINCT l.lane FROM lane_names l WHERE NOT starts_with(l.lane, '$') ORDER BY l.lane);
  start int := floor(random() * cardinality(all_lanes));
BEGIN
  RETURN all_lanes[start + 1 :] || all_lanes[: start];
END $$;

CREATE OR REPLACE FUNCTION rescue_now_and_then(asked text[], named text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  -- Few names for many sets of lanes: two that share one wait for each other, and chance has them take turns.
  setting text := 'anyqueue.rescue_' || (hashtext(current_schema() || ' ' || named) & 15);
  next bigint := coalesce(substring(current_setting(setting, true) FROM '^[0-9]{1,15}$'), '0');
BEGIN
  -- A time that is far ahead was set before the clock went back.
  IF clock < next AND next < clock + 2000 THEN RETURN; END IF;
  IF rescue(asked, 1000) < 1000 THEN
    PERFORM set_config(setting, floor(clock + 750 + random() * 500)::text, false);
  END IF;
END $$;

-- A type pattern as a regular expression for a type with a dot behind it, as in type-filter.ts.
CREATE OR REPLACE FUNCTION type_pattern(pattern text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN '^' || (
    SELECT string_agg(CASE s.segment WHEN '**' THEN E'([^.]*\\.)*' WHEN '*' THEN E'[^.]*\\.'
      ELSE regexp_replace(s.segment, '([!-/:-@[-`{-~])', E'\\\\\\1', 'g') || E'\\.' END, '' ORDER BY s.n)
    FROM unnest(string_to_array(pattern, '.')) WITH ORDINALITY s(segment, n)) || '$';
END $$;


CREATE OR REPLACE FUNCTION complete(id text, token bigint, result jsonb DEFAULT NULL, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM check_token('Cannot complete', token);
  PERFORM check_value('Cannot complete', 'result', result);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    CASE WHEN result IS NULL THEN json_build_object('state', 'completed')
    ELSE json_build_object('state', 'completed', 'result', json_build_array(result)) END), NULL, notify);
END $$;

-- The attempt failed: the job waits for its backoff, or for as long as retry_in says, and is tried again; or it is failed,
-- when its attempts are used up or this is final.
CREATE OR REPLACE FUNCTION fail(id text, token bigint, error text DEFAULT NULL, retry_in interval DEFAULT NULL,
  final boolean DEFAULT false, code text DEFAULT NULL, stack text DEFAULT NULL, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
  retry_ms bigint := ms_of('Cannot fail', 'retry_in', retry_in, 0);
  job history;
BEGIN
  PERFORM check_token('Cannot fail', token);
  SELECT * INTO job FROM hot_jobs j WHERE j.id = fail.id AND j.lane = split_part(fail.id, ':', 1);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    after_failure(job, failure_of(error, code, stack, job.attempt, clock), retry_ms, coalesce(final, false))), clock, notify);
END $$;

-- Prolongs the lease, and tells whether the job was asked to stop (P21).
CREATE OR REPLACE FUNCTION extend(id text, token bigint, lease interval DEFAULT '30 s',
  OUT status text, OUT state text, OUT cancel_requested boolean) 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM check_token('Cannot extend', token);
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'token', token, 'set',
    json_build_object('leaseMs', ms_of('Cannot extend', 'lease', coalesce(lease, '30 s'), 1))), NULL, false);
END $$;

-- At once if nobody holds the job, else its holder is asked to stop; conflict when it has ended.
CREATE OR REPLACE FUNCTION cancel(id text, notify boolean DEFAULT true,
  OUT status text, OUT state text, OUT cancel_requested boolean) 
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  SELECT * INTO status, state, cancel_requested FROM change_one(json_build_object('id', id, 'set',
    json_build_object('cancel', true)), NULL, notify);
END $$;

-- The same for all jobs of a group that have not ended. Tells how many were cancelled, and how many asked to stop.
CREATE OR REPLACE FUNCTION cancel_group("group" text, notify boolean DEFAULT true, OUT cancelled bigint, OUT requested bigint)

  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text[] := ARRAY(SELECT j.id FROM hot_jobs j WHERE j.grp = "group" AND NOT starts_with(j.lane, '$') ORDER BY j.id);
  changes json;
  outcomes json;
  n bigint;
  m bigint;
BEGIN
  cancelled := 0;
  requested := 0;
  FOR start IN 1 .. cardinality(ids) BY 1000 LOOP
    changes := (SELECT json_agg(json_build_object('id', e.id, 'set', json_build_object('cancel', true)))
      FROM unnest(ids[start : start + 999]) e(id));
    outcomes := cas(changes, NULL, NULL);
    SELECT count(*) FILTER (WHERE NOT o.is_held), count(*) FILTER (WHERE o.is_held) INTO n, m
    FROM (SELECT (e.outcome ->> 'held')::boolean FROM json_array_elements(outcomes) e(outcome)
      WHERE e.outcome ->> 'status' = 'ok') o(is_held);
    cancelled := cancelled + n;
    requested := requested + m;
    IF notify THEN
      PERFORM tell_outcomes(changes, outcomes);
    END IF;
  END LOOP;
END $$;

-- Makes one change by cas.
CREATE OR REPLACE FUNCTION change_one(change json, clock bigint, notify boolean,
  OUT status text, OUT state text, OUT cancel_requested boolean) LANGUAGE plpgsql AS $$
DECLARE
  outcomes json := cas(json_build_array(change), clock, NULL);
BEGIN
  status := outcomes -> 0 ->> 'status';
  state := outcomes -> 0 ->> 'state';
  cancel_requested := coalesce((outcomes -> 0 ->> 'cancelRequested')::boolean, false);
  IF notify AND status = 'ok' AND NOT (outcomes -> 0 ->> 'renews')::boolean THEN
    PERFORM tell_outcomes(json_build_array(change), outcomes);
  END IF;
END $$;

-- Without a token a change would be fenced by nothing.
CREATE OR REPLACE FUNCTION check_token(subject text, token bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF token IS NULL THEN
    PERFORM refuse(subject || ': "token" is missing.', 'Pass on the token that claim answered with the job.');
  END IF;
END $$;


CREATE OR REPLACE VIEW jobs AS
SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM hot_jobs j WHERE NOT starts_with(j.lane, '$') UNION ALL SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM history j WHERE NOT starts_with(j.lane, '$');
CREATE OR REPLACE VIEW running AS SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM hot_jobs j WHERE j.place = 4 AND j.lease_until > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AND NOT starts_with(j.lane, '$');
CREATE OR REPLACE VIEW expired AS SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM hot_jobs j WHERE j.place = 4 AND j.lease_until <= (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AND NOT starts_with(j.lane, '$');
CREATE OR REPLACE VIEW delayed AS SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM hot_jobs j WHERE j.place = 1 AND j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AND NOT starts_with(j.lane, '$');
CREATE OR REPLACE VIEW failed AS SELECT j.id AS "id", j.type AS "type", j.payload::jsonb AS "payload", j.lane AS "lane", j.state AS "state", CASE WHEN j.state = 'waiting' AND j.run_at > (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) THEN 'delayed' ELSE j.state END AS "status", j.priority AS "priority", to_timestamp(j.run_at / 1000.0) AS "run_at", j.attempt AS "attempt", j.max_attempts AS "max_attempts", j.token AS "token", to_timestamp(j.lease_until / 1000.0) AS "lease_until", j.holder AS "holder", coalesce(j.cancel_requested, false) AS "cancel_requested", j.grp AS "group", (j.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond' AS "timeout", (j.extra::json -> 'backoff')::jsonb AS "backoff", j.progress::jsonb AS "progress", j.result::jsonb AS "result", j.error::jsonb AS "error", to_timestamp(j.inserted_at / 1000.0) AS "inserted_at", to_timestamp(j.updated_at / 1000.0) AS "updated_at", to_timestamp(j.finished_at / 1000.0) AS "finished_at", j.version AS "version", j.seq AS "seq" FROM history j WHERE j.state = 'failed' AND NOT starts_with(j.lane, '$');

-- A count of 10000 means at least that many where at_least names the state. By a function, since counting up to a
-- bound takes many small look-ups, which the planner of a query takes for a huge one and has compiled first.
CREATE OR REPLACE VIEW lanes AS
SELECT s.lane, coalesce((s.settings ->> 'paused')::boolean, false) AS paused,
  coalesce((c.counts ->> 'waiting')::int, 0) AS waiting, coalesce((c.counts ->> 'delayed')::int, 0) AS delayed, coalesce((c.counts ->> 'active')::int, 0) AS active, coalesce((c.counts ->> 'completed')::int, 0) AS completed, coalesce((c.counts ->> 'failed')::int, 0) AS failed, coalesce((c.counts ->> 'cancelled')::int, 0) AS cancelled, c.counts, c.at_least,
  to_timestamp(s.oldest_due_at / 1000.0) AS oldest_due_at, s.settings
FROM json_array_elements(lane_status(NULL)::json) e(status)
CROSS JOIN LATERAL (SELECT e.status ->> 0, (e.status -> 1)::jsonb, e.status -> 2, (e.status ->> 3)::bigint)
  s(lane, settings, found, oldest_due_at)
CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_object_agg(f.state, least(f.n, 10000)), '{}') AS counts,
    coalesce(array_agg(f.state ORDER BY f.state) FILTER (WHERE f.n > 10000), '{}') AS at_least
  FROM (SELECT p.pair ->> 0, sum((p.pair ->> 1)::bigint) FROM json_array_elements(s.found) p(pair) GROUP BY 1) f(state, n)
  WHERE f.n > 0) c
WHERE NOT starts_with(s.lane, '$');


CREATE OR REPLACE FUNCTION is_worker() RETURNS void LANGUAGE sql AS '';
CREATE OR REPLACE FUNCTION is_reader() RETURNS void LANGUAGE sql AS '';

CREATE OR REPLACE FUNCTION grant_worker(role name) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  one regprocedure;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), role);
  -- Functions that run as the owner are there to be called; the others serve them.
  FOR one IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
    AND (p.prosecdef OR p.proname = 'is_worker') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one, role);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION grant_reader(role name) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
  EXECUTE format('GRANT SELECT ON jobs, running, expired, delayed, failed, lanes TO %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION is_reader, lane_status TO %I', role);
END $$;

DO $$
DECLARE
  known record;
BEGIN
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', current_schema());
  FOR known IN SELECT p.proname, r.rolname FROM pg_proc p
    CROSS JOIN LATERAL aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN ('is_worker', 'is_reader')
      AND a.grantee <> p.proowner
  LOOP
    IF known.proname = 'is_worker' THEN PERFORM grant_worker(known.rolname); ELSE PERFORM grant_reader(known.rolname); END IF;
  END LOOP;
END $$;

INSERT INTO schema_info (version, min_reader) VALUES (1, 1);
