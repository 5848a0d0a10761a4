import { OF_LANE } from "./lookup.ts";
import { FITS, IN_ORDER, READY } from "./ready.ts";

/** How many candidates of a lane a poll by type looks at, as the contract's CANDIDATE_BOUND. */
export const BOUND = 1000;

/** Larger than any place. */
const LAST = "9223372036854775807";

/** Not behind another place, which is null where there is no end. Values, and no `OR`, so that the index stops there. */
const UP_TO_TOP = `(j.priority, j.run_at, j.seq) <= (coalesce((top ->> 0)::bigint, ${LAST}),
        coalesce((top ->> 1)::bigint, ${LAST}), coalesce((top ->> 2)::bigint, ${LAST}))`;

/** They are looked up by where they are, so the condition on their place is in a form that fits no index. */
const IS_FREE = `${OF_LANE} AND j.place + 0 = 0 AND j.state = wanted_state AND j.run_at <= clock`;

/** The place of the last one that was looked at, if they were as many. */
export const lastOf = (many: string): string =>
  `(SELECT json_build_array(l.priority, l.run_at, l.seq) FROM (SELECT n.* FROM near n OFFSET ${many} - 1) l)`;

/** Those that fit of the jobs that were looked at. */
export const FITTING = "SELECT n.at_ctid FROM near n WHERE n.fits";

/** Locks those of these jobs that nobody else is claiming. */
export const lock = (near: string): string =>
  `SELECT j.ctid FROM hot_jobs j WHERE j.ctid = ANY (ARRAY(${near})) AND ${IS_FREE} FOR UPDATE SKIP LOCKED`;

const choose = (free: string): string => `WITH near AS MATERIALIZED (
        SELECT j.ctid AS at_ctid, j.priority, j.run_at, j.seq, (types IS NULL OR ${FITS}) AS fits
        FROM hot_jobs j WHERE ${READY} AND ${UP_TO_TOP} ${IN_ORDER} LIMIT ahead)
      SELECT count(*), count(*) FILTER (WHERE n.fits), ARRAY(${free}),
        ${lastOf("ahead")}
      INTO seen, fit, locked, last_seen FROM near n;`;

/** Looks at the next jobs of a lane, up to `ahead`, and locks those of them that fit and that nobody else is claiming. */
export const CHOOSE_ALL = choose(lock(FITTING));

/** The same, of these the first ones in poll order, up to `wanted`. It finds each job by itself, which costs more. */
export const CHOOSE_FIRST = choose(`SELECT j.ctid FROM near n JOIN hot_jobs j ON j.ctid = n.at_ctid
          WHERE n.fits AND ${IS_FREE} LIMIT wanted FOR UPDATE OF j SKIP LOCKED`);

/** What a lane that records moves is told of a claim. */
export const LOGGED = `,
        logged AS (
          INSERT INTO events (id, at, kind, detail)
          SELECT j.id, clock, 'moved', json_build_object('from', wanted_state, 'to', target, 'holder', for_holder)
          FROM leased j)`;
