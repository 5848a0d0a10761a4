import { INNER } from "./clause.ts";
import { hasId } from "./lookup.ts";

const HOLDS = `j.id = (SELECT u.job FROM unique_keys u WHERE u.lane = k.lane AND u.ukey = k.ukey)
        AND j.extra -> 'unique' ->> 'key' = k.ukey AND holds_key(j.extra, j.state, j.lease_until, j.inserted_at, clock)`;

/** Who holds the key of the alias `k` (lane, ukey) now, or null. A window outlives the job's end, the others do not. */
export const HOLDER = `SELECT coalesce((SELECT j.id FROM hot_jobs j WHERE ${HOLDS} AND j.lane = k.lane),
      (SELECT j.id FROM history j WHERE ${HOLDS}))`;

/**
 * Unique keys (P17): `holdsKey` of the api, told in SQL, and a note of who took each key last. Whoever is about to take keys
 * first locks their notes, in one order, and then looks, with a new snapshot, whether the jobs noted still hold them.
 * Nothing is released when a job starts or ends. The note of a removed job goes with it; one that is left over names a
 * job that is not there, or has not this key, and so holds nothing.
 */
export const UNIQUE_KEYS = String.raw`
CREATE OR REPLACE FUNCTION holds_key(extra json, state text, lease_until bigint, inserted_at bigint, clock bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE extra -> 'unique' ->> 'until'
    WHEN 'started' THEN lease_until IS NULL AND state NOT IN ('completed', 'failed', 'cancelled')
    WHEN 'finished' THEN state NOT IN ('completed', 'failed', 'cancelled')
    ELSE clock < inserted_at + (extra -> 'unique' -> 'until' ->> 'windowMs')::numeric END
$$;

-- Locks the notes of keys until the end of the transaction, and makes those that are not there, for these jobs. Waits for
-- whoever has locked one.
CREATE OR REPLACE FUNCTION lock_keys(lanes text[], ukeys text[], jobs text[]) RETURNS void ${INNER} AS $$
BEGIN
  INSERT INTO unique_keys (lane, ukey, job)
  SELECT DISTINCT ON (k.lane COLLATE "C", k.ukey COLLATE "C") k.lane, k.ukey, k.job
  FROM unnest(lanes, ukeys, jobs) k(lane, ukey, job) WHERE k.ukey IS NOT NULL
  ORDER BY k.lane COLLATE "C", k.ukey COLLATE "C"
  -- That locks what is there and changes nothing.
  ON CONFLICT (lane, ukey) DO UPDATE SET job = excluded.job WHERE false;
END $$;

-- Locks, before jobs are locked, the keys that changes may take: those of successors, and those of jobs that may come back.
CREATE OR REPLACE FUNCTION lock_keys_of(changes json) RETURNS void ${INNER} AS $$
DECLARE
  lanes text[];
  ukeys text[];
  jobs text[];
BEGIN
  SELECT array_agg(f.lane), array_agg(f.ukey), array_agg(f.id) INTO lanes, ukeys, jobs FROM (
    SELECT s.lane, s.extra -> 'unique' ->> 'key' AS ukey, s.id
    FROM json_to_recordset(changes) AS c(spawn json), json_to_recordset(c.spawn) AS s(id text, lane text, extra json)
    UNION ALL
    SELECT j.lane, j.extra -> 'unique' ->> 'key', j.id
    FROM json_to_recordset(changes) AS c(id text, "set" json)
    JOIN hot_jobs j ON ${hasId("j", "c.id")} WHERE c."set" ->> 'state' IS NOT NULL
    UNION ALL
    SELECT j.lane, j.extra -> 'unique' ->> 'key', j.id
    FROM json_to_recordset(changes) AS c(id text, "set" json),
      LATERAL (SELECT h.* FROM history h WHERE h.id = c.id OFFSET 0) j WHERE c."set" ->> 'state' IS NOT NULL) f
  WHERE f.ukey IS NOT NULL;
  IF lanes IS NOT NULL THEN
    PERFORM lock_keys(lanes, ukeys, jobs);
  END IF;
END $$;

-- Notes that a job has a key again that it had let go; if another job holds it by now, does nothing and answers that one.
CREATE OR REPLACE FUNCTION take_key_again(old history, next history, clock bigint) RETURNS text ${INNER} AS $$
DECLARE
  key text := old.extra -> 'unique' ->> 'key';
  holder text;
BEGIN
  IF key IS NULL OR next.extra -> 'unique' IS NULL OR holds_key(old.extra, old.state, old.lease_until, old.inserted_at, clock)
    OR NOT holds_key(next.extra, next.state, next.lease_until, next.inserted_at, clock) THEN
    RETURN NULL;
  END IF;
  PERFORM lock_keys(ARRAY[old.lane], ARRAY[key], ARRAY[old.id]);
  holder := (SELECT h.id FROM (SELECT old.lane, key) k(lane, ukey), LATERAL (${HOLDER}) h(id));
  IF holder <> old.id THEN RETURN holder; END IF;
  UPDATE unique_keys u SET job = old.id WHERE u.lane = old.lane AND u.ukey = key AND u.job <> old.id;
  RETURN NULL;
END $$;

-- Removes what is kept about jobs that are removed themselves: their events, the notes of their keys, and of what they
-- depended on.
CREATE OR REPLACE FUNCTION forget(ids text[]) RETURNS void ${INNER} AS $$
BEGIN
  IF EXISTS (SELECT FROM events) THEN
    DELETE FROM events e WHERE e.id = ANY (ids);
  END IF;
  IF EXISTS (SELECT FROM dependencies) THEN
    DELETE FROM dependencies d WHERE d.job = ANY (ids);
  END IF;
  IF EXISTS (SELECT FROM unique_keys) THEN
    -- What somebody is about to give to another job is left to him.
    WITH free AS MATERIALIZED (
      SELECT k.lane, k.ukey FROM unique_keys k WHERE k.job = ANY (ids) FOR UPDATE SKIP LOCKED)
    DELETE FROM unique_keys u USING free f WHERE u.lane = f.lane AND u.ukey = f.ukey;
  END IF;
END $$;
`;
