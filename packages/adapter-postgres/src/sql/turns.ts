import { INNER } from "./clause.ts";
import { hasId } from "./lookup.ts";

/** How many debts of each kind one poll settles. */
export const MOST_DEBTS = 500;

/**
 * Those who are to have a turn of these keys: of each line the first ones, as many as there are turns free. The lane's
 * settings are read each time, so that a change counts at once.
 */
const LINE = `SELECT k.lane, k.okey, t.free, f.id, f.seq FROM unnest(lanes, okeys) k(lane, okey)
      LEFT JOIN lane_settings l ON l.lane = k.lane
      CROSS JOIN LATERAL (SELECT coalesce(l.key_concurrency, 1) - count(*) AS free FROM hot_jobs h
        WHERE h.okey IS NOT NULL AND h.place IN (0, 1, 4) AND h.lane = k.lane AND h.okey = k.okey) t
      CROSS JOIN LATERAL (SELECT j.id, j.seq FROM hot_jobs j WHERE j.place = 2 AND j.lane = k.lane AND j.okey = k.okey
        ORDER BY j.seq LIMIT greatest(0, t.free)) f`;

/**
 * True of a row that no other transaction can see yet; and of some that are as young, which may wait as well. Not of what
 * is older than half of all transaction ids, whose age is negative again.
 */
const ownRow = (alias: string): string => `age(${alias}.xmin) BETWEEN -1000000 AND 0`;

/**
 * Turns of ordering keys (P18). A job that gets in line is parked, and leaves a debt, as does one that gives up its turn; a
 * poll of the lane settles debts before it claims. So nobody who adds or finishes a job waits for anybody else under its
 * key, and nobody is stranded: a debt is seen when its cause is committed, and is settled by statements that begin after.
 *
 * Only one poll at a time gives turns of a key: the one that has locked all debts of it. A later snapshot sees all debts
 * that an earlier one saw, unless they are settled, so of two polls at once one has to fail.
 *
 * A poll may also come in the transaction that gave up a turn, as `settle_and_poll` does. Of that debt nobody else knows: who
 * gets in line meanwhile has his own settled, to no avail, by one who sees the turn taken. So it is settled only by
 * taking all turns, and otherwise left to the next poll, as is the turn of who got in line in the transaction itself.
 */
export const TURNS = String.raw`
-- Gives the free turns of keys with debts. True when debts are left: too many, or others are about to settle them.
CREATE OR REPLACE FUNCTION give_turns(every_lane text[], clock bigint) RETURNS boolean ${INNER} AS $$
DECLARE
  lanes text[];
  okeys text[];
  places bigint[];
  locked jsonb;
BEGIN
  WITH keys AS MATERIALIZED (
      SELECT DISTINCT f.lane, f.okey FROM (
        SELECT o.lane, o.okey FROM unnest(every_lane) e(lane), LATERAL (SELECT d.lane, d.okey FROM debts d
          WHERE d.okey IS NOT NULL AND d.lane = e.lane LIMIT ${MOST_DEBTS}) o
        LIMIT ${MOST_DEBTS}) f),
    whole AS MATERIALIZED (
      SELECT k.lane, k.okey, m.places FROM keys k
      CROSS JOIN LATERAL (SELECT array_agg(o.n) AS places FROM (
        SELECT d.n FROM debts d WHERE d.okey IS NOT NULL AND d.lane = k.lane AND d.okey = k.okey
        ORDER BY d.n FOR UPDATE SKIP LOCKED) o) m
      CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM debts d WHERE d.okey IS NOT NULL AND d.lane = k.lane AND d.okey = k.okey) seen
      WHERE cardinality(m.places) = seen.n)
  SELECT array_agg(w.lane ORDER BY w.lane, w.okey), array_agg(w.okey ORDER BY w.lane, w.okey),
    (SELECT array_agg(p.n) FROM whole w, unnest(w.places) p(n))
  INTO lanes, okeys, places FROM whole w;
  IF lanes IS NULL THEN RETURN EXISTS (SELECT FROM debts d WHERE d.okey IS NOT NULL AND d.lane = ANY (every_lane)); END IF;

  -- Whoever is first may be on his way elsewhere at this moment, by somebody who has not committed.
  WITH line AS MATERIALIZED (${LINE})
  SELECT jsonb_object_agg(s.id, true) INTO locked FROM (
    SELECT j.id FROM line f JOIN hot_jobs j ON ${hasId("j", "f.id")}
    WHERE NOT ${ownRow("j")} FOR UPDATE OF j SKIP LOCKED) s;
  IF locked IS NOT NULL THEN
    -- With a new snapshot, since those who were locked may have changed before. Nobody gets a turn before who is ahead.
    WITH line AS MATERIALIZED (${LINE}),
      given AS MATERIALIZED (
        SELECT f.*, bool_and(locked ? f.id) OVER (PARTITION BY f.lane, f.okey ORDER BY f.seq) AS is_due,
          count(*) OVER (PARTITION BY f.lane, f.okey) = f.free AS takes_all FROM line f),
      stuck AS MATERIALIZED (SELECT g.lane, g.okey FROM given g WHERE NOT g.is_due),
      started AS (UPDATE hot_jobs j SET place = CASE WHEN j.run_at <= clock THEN 0 ELSE 1 END
        FROM given g WHERE g.is_due AND ${hasId("j", "g.id")})
    DELETE FROM debts d USING unnest(places) p(n) WHERE d.n = p.n
      AND NOT EXISTS (SELECT FROM stuck s WHERE s.lane = d.lane AND s.okey = d.okey)
      AND (NOT ${ownRow("d")} OR EXISTS (SELECT FROM given g WHERE g.takes_all AND g.lane = d.lane AND g.okey = d.okey));
  ELSE
    -- Nobody is in line, or nobody of whom one could tell that he is first.
    WITH line AS MATERIALIZED (${LINE})
    DELETE FROM debts d USING unnest(places) p(n) WHERE d.n = p.n AND NOT ${ownRow("d")}
      AND NOT EXISTS (SELECT FROM line f WHERE f.lane = d.lane AND f.okey = d.okey);
  END IF;
  RETURN EXISTS (SELECT FROM debts d WHERE d.okey IS NOT NULL AND d.lane = ANY (every_lane));
END $$;

-- Sees to what others have left to the next poll of these lanes. True when there is more of it. Without any it only reads.
CREATE OR REPLACE FUNCTION settle_debts(every_lane text[], clock bigint) RETURNS boolean ${INNER} AS $$
DECLARE
  is_left boolean := false;
BEGIN
  -- First those about blocked jobs, since one that is free gets in line.
  IF EXISTS (SELECT FROM debts d WHERE d.okey IS NULL AND d.lane = ANY (every_lane)) THEN
    is_left := judge_owed(every_lane, clock);
  END IF;
  IF EXISTS (SELECT FROM debts d WHERE d.okey IS NOT NULL AND d.lane = ANY (every_lane)) THEN
    is_left := give_turns(every_lane, clock) OR is_left;
  END IF;
  RETURN is_left;
END $$;

-- Notes that turns of these keys may be free. A pair of null is none.
CREATE OR REPLACE FUNCTION owe_turns(lanes text[], okeys text[]) RETURNS void ${INNER} AS $$
BEGIN
  INSERT INTO debts (lane, okey) SELECT DISTINCT k.lane, k.okey FROM unnest(lanes, okeys) k(lane, okey) WHERE k.okey IS NOT NULL;
END $$;
`;
