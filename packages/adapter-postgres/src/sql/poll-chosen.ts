import { FITS, IN_ORDER, READY } from "./ready.ts";

/** Larger than any place. */
const LAST = "9223372036854775807";

/** Not behind another place, which is null where there is no end. Values, and no `OR`, so that the index stops there. */
const UP_TO_HIGH = `(j.priority, j.run_at, j.seq) <= (coalesce((high ->> 0)::bigint, ${LAST}),
        coalesce((high ->> 1)::bigint, ${LAST}), coalesce((high ->> 2)::bigint, ${LAST}))`;

/** Up to that place, the jobs that fit and that nobody else is claiming. */
export const CHOSEN = `SELECT j.ctid FROM hot_jobs j WHERE ${READY} AND ${UP_TO_HIGH}
            AND (types IS NULL OR ${FITS})
          ${IN_ORDER} LIMIT wanted FOR UPDATE SKIP LOCKED`;

/** The first jobs, as many as are wanted. */
export const NEAR = `SELECT j.ctid AS at_ctid, j.type FROM hot_jobs j WHERE ${READY} ${IN_ORDER} LIMIT wanted`;

/**
 * Of the first jobs those that fit: mostly all of them. They are looked up by where they are, so the condition on their
 * place is in a form that fits no index.
 */
export const CHOSEN_NEAR = `SELECT j.ctid FROM hot_jobs j
          WHERE j.lane = here AND j.ctid = ANY (ARRAY(SELECT n.at_ctid FROM near n
            WHERE ${FITS.replaceAll("j.type", "n.type")}))
          AND j.place + 0 = 0 AND j.state = wanted_state AND j.run_at <= clock FOR UPDATE SKIP LOCKED`;

/** What a lane that records moves is told of a claim. */
export const LOGGED = `,
        logged AS (
          INSERT INTO events (id, at, kind, detail)
          SELECT j.id, clock, 'moved', json_build_object('from', wanted_state, 'to', target, 'holder', for_holder)
          FROM leased j)`;
