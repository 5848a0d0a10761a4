import { INNER } from "./clause.ts";

/** A token that is this near to being whole is whole, as in rate.ts of the api. */
const ROUNDING = "1e-6";

/** How many unfinished jobs a lane has, counted up to a bound. Each place has an index of its own, which its order asks for. */
const COUNTED = ["state", "state", "okey", "seq", "token"]
  .map(
    (order, place) =>
      `(SELECT count(*) FROM (SELECT FROM hot_jobs j WHERE j.place = ${place} AND j.lane = here
        ORDER BY j.${order} LIMIT most) s)`,
  )
  .join("\n      + ");

/**
 * Limits of lanes (P19). Whoever adds to a lane with a capacity, or takes from one with a concurrency or a rate, first
 * locks its gate, and then counts, with a new snapshot, so that the limits hold exactly. Those who add wait for each other;
 * a poll that finds the gate locked takes nothing from the lane. Who settles or removes locks no gate: there is only more
 * room then. Lanes without a limit have no gate.
 */
export const LIMITS = String.raw`
-- How many jobs may be added to a lane that has a capacity, to whose gate the caller has the lock.
CREATE OR REPLACE FUNCTION room_in(here text, most bigint) RETURNS bigint ${INNER} AS $$
BEGIN
  RETURN greatest(0, most - (
      ${COUNTED}));
END $$;

-- How many jobs a poll may take from a lane, null for any number, and when its rate allows the next one, null when that is
-- not what holds it up.
CREATE OR REPLACE FUNCTION starts_left(here text, clock bigint, OUT starts bigint, OUT again bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  lane lane_settings;
  gate lane_gates;
  level double precision;
  slots bigint;
BEGIN
  SELECT * INTO lane FROM lane_settings l WHERE l.lane = here;
  IF lane.rate_limit IS NOT NULL THEN
    SELECT * INTO gate FROM lane_gates g WHERE g.lane = here AND g.kind = 'start';
    level := rate_level(lane, gate, clock);
    starts := greatest(0, floor(level + ${ROUNDING}));
    IF 1 - level > ${ROUNDING} THEN
      again := greatest(clock, coalesce(gate.at, clock)) + ceil((1 - level - ${ROUNDING}) * lane.rate_period / lane.rate_limit);
    END IF;
  END IF;
  IF lane.concurrency IS NOT NULL THEN
    slots := greatest(0, lane.concurrency - (SELECT count(*) FROM (
      SELECT FROM hot_jobs j WHERE j.place = 4 AND j.lane = here
      ORDER BY j.token LIMIT lane.concurrency) s));
    starts := least(starts, slots);
    IF slots = 0 THEN again := NULL; END IF;
  END IF;
END $$;

-- What is left of a lane's rate: filled up evenly since it was counted, up to its brim.
CREATE OR REPLACE FUNCTION rate_level(lane lane_settings, gate lane_gates, clock bigint) RETURNS double precision
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN gate.at IS NULL OR gate.at - clock > lane.rate_burst * lane.rate_period / lane.rate_limit THEN lane.rate_burst
    ELSE least(lane.rate_burst, gate.tokens + greatest(0, clock - gate.at) * lane.rate_limit / lane.rate_period) END
$$;

-- True when the limits of a lane let a poll take nothing now.
CREATE OR REPLACE FUNCTION may_not_start(here text, clock bigint) RETURNS boolean ${INNER} AS $$
BEGIN
  RETURN EXISTS (SELECT FROM lane_settings l WHERE l.lane = here AND (l.concurrency IS NOT NULL OR l.rate_limit IS NOT NULL))
    AND (SELECT s.starts = 0 FROM starts_left(here, clock) s);
END $$;

-- Locks the gate of a lane with a limit, unless somebody else has it, for whom is not waited.
CREATE OR REPLACE FUNCTION lock_gate(here text) RETURNS boolean ${INNER} AS $$
BEGIN
  PERFORM FROM lane_gates g WHERE g.lane = here AND g.kind = 'start' FOR UPDATE SKIP LOCKED;
  RETURN FOUND;
END $$;

-- Counts starts in a lane with a limit. That the gate changes even without a rate has those fail, and try again, who still see it as
-- it was, as in transactions that are REPEATABLE READ.
CREATE OR REPLACE FUNCTION count_starts(here text, n int, clock bigint) RETURNS void ${INNER} AS $$
BEGIN
  UPDATE lane_gates g SET tokens = rate_level(l, g, clock) - n, at = CASE WHEN g.at - clock > l.rate_burst * l.rate_period / l.rate_limit THEN clock ELSE greatest(clock, g.at) END
  FROM lane_settings l WHERE l.lane = here AND g.lane = here AND g.kind = 'start';
END $$;

-- Of jobs that the caller has locked, those that the limits of their lanes let it take; counts them.
CREATE OR REPLACE FUNCTION within_limits(ids text[], clock bigint) RETURNS text[] ${INNER} AS $$
DECLARE
  here text;
  chosen text[] := ids;
  allowed text[];
  most bigint;
BEGIN
  FOR here IN SELECT l.lane FROM lane_settings l
    WHERE l.lane IN (SELECT split_part(g.id, ':', 1) FROM unnest(ids) g(id))
      AND (l.concurrency IS NOT NULL OR l.rate_limit IS NOT NULL) ORDER BY l.lane
  LOOP
    most := 0;
    IF lock_gate(here) THEN
      SELECT s.starts INTO most FROM starts_left(here, clock) s;
    END IF;
    allowed := (ARRAY(SELECT g.id FROM unnest(chosen) WITH ORDINALITY g(id, n) WHERE split_part(g.id, ':', 1) = here ORDER BY g.n))[: least(most, cardinality(ids))];
    chosen := ARRAY(SELECT g.id FROM unnest(chosen) WITH ORDINALITY g(id, n)
      WHERE split_part(g.id, ':', 1) <> here OR g.id = ANY (allowed) ORDER BY g.n);
    IF allowed <> '{}' THEN
      PERFORM count_starts(here, cardinality(allowed), clock);
    END IF;
  END LOOP;
  RETURN nullif(chosen, '{}');
END $$;
`;
