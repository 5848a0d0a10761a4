import { INNER } from "./clause.ts";
import { hasId } from "./lookup.ts";
import { ended, STORED } from "./row.ts";
import { MOST_DEBTS } from "./turns.ts";

/** Where a job goes that is not blocked any more. */
const FREE_PLACE = "CASE WHEN j.okey IS NOT NULL THEN 2 WHEN j.run_at <= clock THEN 0 ELSE 1 END";

/** Holds for a blocked job `j` that is found by its id: not in a form that fits the index of all blocked ones. */
const BLOCKED = "j.place + 0 = 3";

/**
 * The open dependencies of the jobs of the alias `g`, by the column that names these. Asked for one by one: a planner that
 * knows the table as it was when it was empty would join it from end to end.
 */
const OPEN = (column: "job" | "on_job"): string => `LATERAL (SELECT d.ctid AS at_ctid, d.job, d.on_job, d.on_parent
        FROM dependencies d WHERE d.${column} = g.id AND d.fate IS NULL OFFSET 0) d`;

/** Holds for a dependency `d` of which the query named `judged` has found this fate. */
const HAS = (fate: "on" | "cancel"): string =>
  `d.ctid = ANY (ARRAY(SELECT s.at_ctid FROM judged s WHERE s.fate = '${fate}'))`;

/** The state of a job that others depend on, or null when it is not there. All that is asked of unfinished ones is that. */
const STATE_OF = (id: string): string => `coalesce(
        (SELECT 'waiting' FROM hot_jobs p WHERE p.id = ${id} AND p.lane = split_part(${id}, ':', 1)),
        (SELECT p.state FROM history p WHERE p.id = ${id}))`;

/**
 * Dependencies (P20). Who finishes a job notes what that means for each job that depends on it, and lets those go on, or
 * ends them, for which nothing else is left to wait for; so down the whole graph, a level at a time. It does so after the
 * job has been locked by being finished, in statements of their own, so that it sees everybody who counted on it.
 *
 * A dependent that somebody else is judging or changing at this moment is waited for only for a moment, and in a caller's
 * transaction not at all: it is left to the next poll of its lane, by a debt. And so is a job that was just added and waits for others: one of these may be finishing at this
 * moment, by somebody who did not see it. Such a job is judged until none of them is locked by anybody who might.
 */
export const DEPENDENCIES = String.raw`
-- What the end of a job, or its absence, means for one that depends on it, or null for nothing yet: fateOf of the api.
CREATE OR REPLACE FUNCTION fate_of(state text, on_parent text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state = 'completed' THEN 'on' WHEN state NOT IN ('failed', 'cancelled') THEN NULL
    WHEN on_parent = 'cancel' THEN 'cancel' WHEN on_parent = 'release' THEN 'on' END
$$;

-- Judges jobs that were just stored as blocked. Those that need not wait are waiting or cancelled at once, as if they had
-- been stored so. Answers the lanes and keys in which jobs got in line, and which jobs were cancelled.
CREATE OR REPLACE FUNCTION judge_added(jobs text[], own jsonb, given json, verdicts text[], clock bigint, OUT cancelled text[])
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  looked text[] := jobs;
  ending text[];
  waited_for text[];
  circle text[];
BEGIN
  cancelled := '{}';
  -- Only of jobs that let failed dependencies stand can one have waited for a job before it was there.
  SELECT array_agg(DISTINCT g.id) INTO waited_for FROM unnest(jobs) g(id)
  WHERE EXISTS (SELECT FROM dependencies d WHERE d.on_job = g.id AND d.fate IS NULL OFFSET 0);

  INSERT INTO dependencies (job, on_job, on_parent)
  SELECT g.id, p.id, g.on_parent
  -- A long list is read only once.
  FROM (SELECT j.id, coalesce(j.extra ->> 'onParent', 'cancel') AS on_parent, j.extra -> 'dependsOn' AS needs
      FROM ROWS FROM (json_to_recordset(given) AS (id text, extra json)) WITH ORDINALITY AS j(id, extra, n)
      WHERE verdicts[j.n] = 'added' AND own -> j.id = 'true' OFFSET 0) g,
    json_array_elements_text(g.needs) p(id);
  IF waited_for IS NOT NULL THEN
    WITH RECURSIVE reached AS (
        SELECT g.id COLLATE "C" AS start, d.on_job AS id FROM unnest(waited_for) g(id), ${OPEN("job")}
        UNION SELECT g.start, d.on_job FROM reached g, ${OPEN("job")}
          WHERE (SELECT j.place FROM hot_jobs j WHERE j.id = d.job AND j.lane = split_part(d.job, ':', 1)) = 3),
      found AS (SELECT r.start FROM reached r WHERE r.id = r.start LIMIT 1),
      back AS (
        SELECT f.start COLLATE "C" AS id FROM found f
        UNION SELECT d.job FROM back g, ${OPEN("on_job")}
          WHERE EXISTS (SELECT FROM reached r JOIN found f ON f.start = r.start WHERE r.id = d.job))
    SELECT array_agg(b.id ORDER BY b.id) INTO circle FROM back b;
    IF circle IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'AQ004', MESSAGE = array_to_string(circle, ', ');
    END IF;
  END IF;

  LOOP
    PERFORM judge(looked);
    SELECT array_agg(g.id) INTO ending FROM unnest(looked) g(id)
    WHERE EXISTS (SELECT FROM dependencies d WHERE d.job = g.id AND d.fate = 'cancel' OFFSET 0);
    EXIT WHEN ending IS NULL;
    ending := ending || doomed_by(ending);
    PERFORM end_blocked(ending, 0, clock);
    cancelled := cancelled || ending;
    SELECT array_agg(DISTINCT d.job) INTO looked FROM unnest(ending) g(id), ${OPEN("on_job")}
    WHERE d.on_parent <> 'leave' AND (SELECT j.place FROM hot_jobs j WHERE j.id = d.job AND j.lane = split_part(d.job, ':', 1)) = 3;
    EXIT WHEN looked IS NULL;
  END LOOP;
  UPDATE hot_jobs j SET state = 'waiting', place = ${FREE_PLACE} FROM unnest(jobs) g(id)
  WHERE ${hasId("j", "g.id")} AND ${BLOCKED}
    AND NOT EXISTS (SELECT FROM dependencies d WHERE d.job = g.id AND d.fate IS NULL OFFSET 0);
  INSERT INTO debts (lane, job) SELECT j.lane, j.id FROM unnest(jobs) g(id)
  JOIN hot_jobs j ON ${hasId("j", "g.id")}
  -- Nobody else has seen what this call has stored.
  WHERE ${BLOCKED} AND EXISTS (SELECT FROM dependencies d WHERE d.job = g.id AND d.fate IS NULL AND NOT own ? d.on_job OFFSET 0);
END $$;

-- Notes of each job what has become of those it depends on.
CREATE OR REPLACE FUNCTION judge(jobs text[]) RETURNS void ${INNER} AS $$
BEGIN
  WITH judged AS MATERIALIZED (
    SELECT d.at_ctid, fate_of(${STATE_OF("d.on_job")}, d.on_parent) AS fate FROM unnest(jobs) g(id), ${OPEN("job")}),
    noted_on AS (UPDATE dependencies d SET fate = 'on' WHERE ${HAS("on")})
  UPDATE dependencies d SET fate = 'cancel' WHERE ${HAS("cancel")};
END $$;

-- What goes with the end of jobs, or with their removal before it: tells those who depend on them. Answers the lanes in
-- which jobs may go on, those in which some have ended, and which.
CREATE OR REPLACE FUNCTION tell_dependents(ids text[], waits boolean, clock bigint, OUT ready text[], OUT finished text[],
  OUT ended text[]) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  news text[] := ids;
  concerned text[];
  held text[];
  gone text[];
  freed text[];
BEGIN
  LOOP
    WITH ends AS MATERIALIZED (
        SELECT e.id, (SELECT p.state FROM history p WHERE p.id = e.id) AS state FROM unnest(news) e(id)),
      judged AS MATERIALIZED (
        SELECT d.at_ctid, fate_of(g.state, d.on_parent) AS fate FROM ends g, ${OPEN("on_job")}),
      noted_on AS (UPDATE dependencies d SET fate = 'on' WHERE ${HAS("on")} RETURNING d.job),
      noted_cancel AS (UPDATE dependencies d SET fate = 'cancel' WHERE ${HAS("cancel")} RETURNING d.job)
    SELECT array_agg(DISTINCT t.job ORDER BY t.job) INTO concerned FROM (
      SELECT n.job FROM noted_on n UNION ALL SELECT n.job FROM noted_cancel n) t;
    EXIT WHEN concerned IS NULL;
    held := NULL;
    IF waits THEN
      held := hold_blocked(concerned);
    END IF;
    IF held IS NULL THEN
      SELECT array_agg(s.id) INTO held FROM (
        SELECT j.id FROM unnest(concerned) g(id)
        JOIN hot_jobs j ON ${hasId("j", "g.id")} WHERE ${BLOCKED} FOR UPDATE OF j SKIP LOCKED) s;
    END IF;
    IF coalesce(cardinality(held), 0) < cardinality(concerned) THEN
      WITH owed AS (
        INSERT INTO debts (lane, job)
        SELECT j.lane, j.id FROM (SELECT unnest(concerned) EXCEPT SELECT unnest(held)) g(id)
        JOIN hot_jobs j ON ${hasId("j", "g.id")} WHERE ${BLOCKED} RETURNING lane)
      -- The next poll of its lane is to come soon.
      SELECT ARRAY(SELECT unnest(ready) UNION SELECT o.lane FROM owed o) INTO ready;
    END IF;
    EXIT WHEN held IS NULL;
    SELECT g.ended, g.freed INTO gone, freed FROM let_go(held, clock) g;
    ready := ARRAY(SELECT unnest(ready) UNION SELECT unnest(freed));
    EXIT WHEN gone IS NULL;
    finished := ARRAY(SELECT unnest(finished) UNION SELECT split_part(g.id, ':', 1) FROM unnest(gone) g(id));
    news := gone;
    ended := ended || gone;
  END LOOP;
END $$;

-- The blocked jobs that end with the end of these, however far down the graph, and are not among them.
CREATE OR REPLACE FUNCTION doomed_by(jobs text[]) RETURNS text[] ${INNER} AS $$
BEGIN
  RETURN (WITH RECURSIVE doomed AS (
      SELECT g.id COLLATE "C" AS id FROM unnest(jobs) g(id)
      UNION SELECT d.job FROM doomed g, ${OPEN("on_job")}
        -- A join would be planned by the index of all blocked jobs.
        WHERE d.on_parent = 'cancel' AND (SELECT j.place FROM hot_jobs j WHERE j.id = d.job AND j.lane = split_part(d.job, ':', 1)) = 3)
    SELECT array_agg(f.id) FROM (SELECT g.id FROM doomed g EXCEPT SELECT g.id FROM unnest(jobs) g(id)) f);
END $$;

-- Locks those of these jobs that are blocked, in the order given, and waits for it a little: who has them is mostly judging them, too.
CREATE OR REPLACE FUNCTION hold_blocked(jobs text[]) RETURNS text[] ${INNER} SET lock_timeout = '250ms' AS $$
BEGIN
  RETURN ARRAY(SELECT j.id FROM unnest(jobs) WITH ORDINALITY g(id, n)
    JOIN hot_jobs j ON ${hasId("j", "g.id")} WHERE ${BLOCKED} ORDER BY g.n FOR UPDATE OF j);
EXCEPTION WHEN lock_not_available THEN
  RETURN NULL;
END $$;

-- Ends or frees blocked jobs, which the caller has locked, by what is noted of those that they depend on. Answers which
-- ended, and in which lanes others are free.
CREATE OR REPLACE FUNCTION let_go(jobs text[], clock bigint, OUT ended text[], OUT freed text[])
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  going text[];
  further text[];
BEGIN
  SELECT array_agg(g.id) FILTER (WHERE g.is_end), array_agg(g.id) FILTER (WHERE NOT g.is_end) INTO ended, going FROM (
    SELECT g.id, EXISTS (SELECT FROM dependencies d WHERE d.job = g.id AND d.fate = 'cancel' OFFSET 0) AS is_end,
      NOT EXISTS (SELECT FROM dependencies d WHERE d.job = g.id AND d.fate IS NULL OFFSET 0) AS is_free
    FROM unnest(jobs) g(id)) g
  WHERE g.is_end OR g.is_free;
  IF going IS NOT NULL THEN
    WITH moved AS (
        UPDATE hot_jobs j SET state = 'waiting', attempt = 0, version = j.version + 1, updated_at = clock, place = ${FREE_PLACE}
        FROM unnest(going) g(id) WHERE ${hasId("j", "g.id")} RETURNING j.id, j.lane, j.okey),
      logged AS (
        INSERT INTO events (id, at, kind, detail)
        SELECT m.id, clock, 'moved', json_build_object('from', 'blocked', 'to', 'waiting')
        FROM moved m JOIN lane_settings l ON l.lane = m.lane AND l.records),
      owed AS (
        INSERT INTO debts (lane, okey) SELECT DISTINCT m.lane, m.okey FROM moved m WHERE m.okey IS NOT NULL)
    SELECT array_agg(DISTINCT m.lane) INTO freed FROM moved m;
  END IF;
  IF ended IS NOT NULL THEN
    -- All at once what is further down; if somebody is at one of them, a level at a time.
    further := doomed_by(ended);
    IF (SELECT count(*) FROM (SELECT FROM unnest(further) g(id) JOIN hot_jobs j ON ${hasId("j", "g.id")}
      WHERE ${BLOCKED} FOR UPDATE OF j SKIP LOCKED) s) = cardinality(further) THEN
      ended := ended || further;
    END IF;
    PERFORM end_blocked(ended, 1, clock);
    INSERT INTO events (id, at, kind, detail)
    SELECT e.id, clock, 'moved', json_build_object('from', 'blocked', 'to', 'cancelled')
    FROM unnest(ended) e(id) JOIN lane_settings l ON l.lane = split_part(e.id, ':', 1) AND l.records;
  END IF;
END $$;

-- Moves blocked jobs to the history as cancelled. Whether they are kept there, "drop_unkept" sees to.
CREATE OR REPLACE FUNCTION end_blocked(jobs text[], versions int, clock bigint) RETURNS void ${INNER} AS $$
BEGIN
  WITH gone AS (
      DELETE FROM hot_jobs j USING unnest(jobs) e(id) WHERE ${hasId("j", "e.id")} RETURNING j.*),
    ended AS (${ended("gone", "'cancelled'", "result").replace("version + 1", "version + versions")})
  INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended;
END $$;

-- Settles the debts about blocked jobs of these lanes. True when some are left. Their dependents learn of those that end.
CREATE OR REPLACE FUNCTION judge_owed(every_lane text[], clock bigint) RETURNS boolean ${INNER} AS $$
DECLARE
  places bigint[];
  jobs text[];
  held text[];
  sure text[];
  ending text[];
BEGIN
  SELECT array_agg(s.n), array_agg(s.job) INTO places, jobs FROM (
    SELECT o.n, o.job FROM unnest(every_lane) e(lane), LATERAL (SELECT d.n, d.job FROM debts d
      WHERE d.okey IS NULL AND d.lane = e.lane ORDER BY d.n LIMIT ${MOST_DEBTS} FOR UPDATE SKIP LOCKED) o
    LIMIT ${MOST_DEBTS}) s;
  IF jobs IS NULL THEN RETURN EXISTS (SELECT FROM debts d WHERE d.okey IS NULL AND d.lane = ANY (every_lane)); END IF;
  SELECT array_agg(s.id) INTO held FROM (
    SELECT j.id FROM unnest(ARRAY(SELECT DISTINCT g.id COLLATE "C" FROM unnest(jobs) g(id) ORDER BY 1)) WITH ORDINALITY g(id, n)
    JOIN hot_jobs j ON ${hasId("j", "g.id")} WHERE ${BLOCKED}
    ORDER BY g.n FOR UPDATE OF j SKIP LOCKED) s;
  IF held IS NOT NULL THEN
    -- Who finishes one of these from now on, waits for us, and then sees who depends on it.
    WITH locked AS MATERIALIZED (
        SELECT d.job FROM unnest(held) g(id), ${OPEN("job")}, hot_jobs p
        WHERE ${hasId("p", "d.on_job")} FOR KEY SHARE OF p SKIP LOCKED),
      seen AS MATERIALIZED (
        SELECT d.job FROM unnest(held) g(id), ${OPEN("job")}
        WHERE EXISTS (SELECT FROM hot_jobs p WHERE p.id = d.on_job AND p.lane = split_part(d.on_job, ':', 1) OFFSET 0))
    SELECT array_agg(g.id) INTO sure FROM unnest(held) g(id)
    WHERE (SELECT count(*) FROM locked l WHERE l.job = g.id) = (SELECT count(*) FROM seen s WHERE s.job = g.id);
    PERFORM judge(held);
    SELECT g.ended INTO ending FROM let_go(held, clock) g;
    IF ending IS NOT NULL THEN
      PERFORM follow_ends(ending, true, false, clock);
    END IF;
  END IF;
  -- The others are kept, by somebody's lock, from being judged for good.
  DELETE FROM debts d USING unnest(places, jobs) o(n, job) WHERE d.n = o.n AND (o.job = ANY (sure)
    OR NOT EXISTS (SELECT FROM hot_jobs j WHERE ${hasId("j", "o.job")} AND ${BLOCKED}));
  RETURN EXISTS (SELECT FROM debts d WHERE d.okey IS NULL AND d.lane = ANY (every_lane));
END $$;
`;
