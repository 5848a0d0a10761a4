import { CLAUSE, CLOCK, DURABILITY } from "./clause.ts";
import { KEPT } from "./keep.ts";
import { hasId } from "./lookup.ts";
import { columnsOf, ended, ROW_TYPE, STORED } from "./row.ts";

/**
 * `take` takes jobs that the caller chose by reading them: exactly these, and of them only those that are as they were
 * read (`versions`), due, and not being taken by somebody else at this moment. It serves polls that filter by more than
 * the type, and those that advance jobs without a lease. In the order of `ids`.
 */
export const TAKE = String.raw`
CREATE OR REPLACE FUNCTION take(ids text[], versions int[], wanted_state text, target text, lease_ms bigint,
  for_holder text, at bigint, durability text)
RETURNS TABLE (${ROW_TYPE}) ROWS 100 ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  locked text[];
BEGIN ${DURABILITY}
  SELECT array_agg(s.id) INTO locked FROM (
    SELECT j.id FROM unnest(ids, versions) AS g(id, version)
    JOIN hot_jobs j ON ${hasId("j", "g.id")} AND j.version = g.version
    WHERE j.state = wanted_state AND j.place < 2 AND j.run_at <= clock
    FOR UPDATE OF j SKIP LOCKED) s;
  IF locked IS NULL THEN RETURN; END IF;
  locked := within_limits(ARRAY(SELECT e.id FROM unnest(locked) e(id) ORDER BY array_position(ids, e.id)), clock);
  IF locked IS NULL THEN RETURN; END IF;

  INSERT INTO events (id, at, kind, detail)
  SELECT e.id, clock, 'moved', json_strip_nulls(json_build_object('from', wanted_state, 'to', target, 'holder', for_holder))
  FROM unnest(locked) e(id) JOIN lane_settings l ON l.lane = split_part(e.id, ':', 1) AND l.records
  WHERE wanted_state <> target;

  IF target IN ('completed', 'failed', 'cancelled') THEN
    RETURN QUERY
    WITH gone AS (
      DELETE FROM hot_jobs j USING unnest(locked) e(id) WHERE ${hasId("j", "e.id")} RETURNING j.*),
    ended AS (${ended("gone", "target", "result")}),
    kept AS (INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended e WHERE ${KEPT("e")}),
    owed AS (INSERT INTO debts (lane, okey) SELECT DISTINCT g.lane, g.okey FROM gone g WHERE g.okey IS NOT NULL)
    SELECT ${columnsOf("j")} FROM ended j ORDER BY array_position(ids, j.id);
    PERFORM follow_ends(locked, true, true, clock);
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
    FROM unnest(locked) e(id) WHERE ${hasId("j", "e.id")} RETURNING j.*)
  SELECT ${columnsOf("j")} FROM moved j ORDER BY array_position(ids, j.id);
END $$;
`;
