import { INNER } from "./clause.ts";

/** Holds for a job of this alias whose lane keeps none that end as it did. */
const BY_LANE = (alias: string): string =>
  `EXISTS (SELECT FROM lane_settings l WHERE l.lane = ${alias}.lane AND ${alias}.state = ANY (l.discards))`;

/** Holds for a job of this alias, finished now or before, that is not to be kept: by its own word, or else by its lane's. */
const UNKEPT = (alias: string, byLane = BY_LANE): string =>
  `CASE WHEN ${alias}.keep_until IS NULL THEN ${byLane(alias)} ELSE ${alias}.keep_until = 0 END`;

/** Holds for a finished job of this alias that an unfinished one depends on, and that is kept for its sake (P20). */
export const SPARED = (alias: string): string => `EXISTS (SELECT FROM dependencies d WHERE d.on_job = ${alias}.id
    AND EXISTS (SELECT FROM hot_jobs w WHERE w.id = d.job AND w.lane = split_part(d.job, ':', 1) OFFSET 0) OFFSET 0)`;

/** Holds for a job of this alias that has just finished and goes to the history (P26). Whether it stays there, shows `drop_unkept`. */
export const KEPT = (alias: string, byLane = BY_LANE): string =>
  `(NOT (${UNKEPT(alias, byLane)})
      OR (EXISTS (SELECT FROM dependencies) AND EXISTS (SELECT FROM dependencies d WHERE d.on_job = ${alias}.id)))`;

/** What a lane or a job says of how long finished jobs are kept (P26): `keptFor` of the api, told in SQL. */
export const KEEP = String.raw`
-- When a job that finished in this state is to go by its own word: null when it has none, 0 at once.
CREATE OR REPLACE FUNCTION own_keep(extra json, state text, clock bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE extra -> 'keep' ->> state WHEN 'false' THEN 0
    ELSE clock + floor((extra -> 'keep' ->> state)::numeric)::bigint END
$$;

-- Removes, of jobs that have just finished, those that are not kept, and what is kept about them.
CREATE OR REPLACE FUNCTION drop_unkept(ids text[]) RETURNS void ${INNER} AS $$
BEGIN
  DELETE FROM history h USING unnest(ids) g(id) WHERE h.id = g.id AND ${UNKEPT("h")} AND NOT ${SPARED("h")};
  -- Some were not even stored.
  PERFORM forget(ARRAY(SELECT g.id FROM unnest(ids) g(id)
    WHERE NOT EXISTS (SELECT FROM hot_jobs j WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) OFFSET 0)
      AND NOT EXISTS (SELECT FROM history h WHERE h.id = g.id OFFSET 0)));
END $$;
`;
