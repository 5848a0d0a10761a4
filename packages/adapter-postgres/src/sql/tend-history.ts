import { CLOCK, INNER } from "./clause.ts";

export const DAY_MS = 86_400_000;

/** Partitions are made for today and so many days after it, so that there is time to try again. */
const DAYS_AHEAD = 2;

/** The last day of which the partitions have names of the usual form, with those that are made ahead of it. */
const LAST_MS = Date.UTC(9999, 11, 31 - DAYS_AHEAD);

/** A lock that is not had within this time is given up: whoever needs the history must not wait behind us for long. */
export const PATIENCE = "SET lock_timeout = '100ms'";

/** One at a time changes partitions; who finds another one at it leaves it for later. */
export const TRY_TO_TEND = "pg_try_advisory_xact_lock(hashtextextended('anyqueue history ' || current_schema(), 0))";

/** So many jobs may be moved, under a lock, to the partition of their day; days to come have none. */
const MOST_MOVED = 50_000;

/** What is looked through under a lock must not be larger. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * `tend_history` keeps the partitions of the history: makes those of the coming days, and drops those of days gone by in
 * which nothing is left. A call makes the days or drops one, so that no lock is kept while another is waited for, and tells
 * how many that were: there may be more to do until it answers 0. Safe to be called by many at once and at any time: one of
 * them does the work, and what it cannot do without making others wait is left for the next time. A job that finishes on
 * a day without a partition is kept in the default one.
 *
 * Another time than the server's is for tests and for the owner: given by a worker, it is taken for at most a day off.
 */
export const TEND_HISTORY = String.raw`
CREATE OR REPLACE FUNCTION tend_history(at bigint DEFAULT NULL) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT ${PATIENCE} AS $$
DECLARE
  clock bigint := ${CLOCK};
  -- current_user is the owner, as whom this runs.
  slack bigint := CASE WHEN pg_has_role(session_user, current_user, 'MEMBER') THEN ${LAST_MS} ELSE ${DAY_MS} END;
  today bigint := least(greatest(coalesce(at, clock), clock - slack, 0), clock + slack, ${LAST_MS}) / ${DAY_MS};
  done int := 0;
  part text;
BEGIN
  IF NOT ${TRY_TO_TEND} THEN RETURN 0; END IF;
  -- One lock that is waited for is all: whoever has to wait for those of the days must not wait for another one, too.
  FOR day IN today .. today + ${DAYS_AHEAD} LOOP
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
CREATE OR REPLACE FUNCTION add_day(day bigint) RETURNS int ${INNER} AS $$
DECLARE
  part text := name_of_day(day);
  low bigint := day * ${DAY_MS};
  high bigint := low + ${DAY_MS};
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
CREATE OR REPLACE FUNCTION is_crowded(low bigint, high bigint) RETURNS boolean ${INNER} AS $$
BEGIN
  RETURN count(*) > ${MOST_MOVED} FROM (
    SELECT FROM (SELECT DISTINCT n.lane FROM lane_names n) l, (VALUES ('completed'), ('failed'), ('cancelled')) e(state),
      LATERAL (SELECT FROM history_other h
        WHERE h.lane = l.lane AND h.state = e.state AND h.finished_at >= low AND h.finished_at < high) f
    LIMIT ${MOST_MOVED} + 1) m;
END $$;

-- Drops a partition of the history if nothing is in it. 1 if it did.
CREATE OR REPLACE FUNCTION drop_if_empty(part text) RETURNS int ${INNER} AS $$
DECLARE
  is_used boolean;
BEGIN
  -- Looked at twice: first at leisure, then again when nobody can come in between.
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part) INTO is_used;
  -- Rows that were removed one by one are left to vacuum first.
  IF is_used OR pg_relation_size(part) > ${MOST_BYTES} THEN RETURN 0; END IF;
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
`;
