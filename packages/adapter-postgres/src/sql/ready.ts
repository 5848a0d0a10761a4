/** Poll order (P7). */
export const IN_ORDER = "ORDER BY j.priority, j.run_at, j.seq";

/** A job of the types that are asked for. */
export const FITS = `(j.type = ANY (types) OR j.type || '.' ~ ANY (patterns))`;

/** A job that is ready. */
export const IS_READY = "j.place = 0 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock";

/** A job that is ready, from behind a place in poll order, which is null at the beginning. */
export const READY = `${IS_READY}
      AND (j.priority, j.run_at, j.seq) > (coalesce((low ->> 0)::bigint, -1), coalesce((low ->> 1)::bigint, 0),
        coalesce((low ->> 2)::bigint, 0))`;

/** A job that is ready, up to this place. */
export const BELOW = `${IS_READY}
          AND (j.priority, j.run_at, j.seq) <= ((low ->> 0)::bigint, (low ->> 1)::bigint, (low ->> 2)::bigint)`;

/** Whether jobs of the lane `here` have come due that wait for their time; the order is there for its index (lookup.ts). */
export const HAS_DUE = `EXISTS (SELECT FROM hot_jobs j
      WHERE j.place = 1 AND j.lane = here AND j.state = wanted_state AND j.run_at <= clock ORDER BY j.run_at OFFSET 0)`;
