import { BOUND, FITTING, lastOf, lock } from "./poll-chosen.ts";
import { BELOW, FITS, HAS_DUE, IN_ORDER, READY } from "./ready.ts";

/** Nothing that is below the mark is needed. */
const NOTHING_BELOW = `(low IS NULL OR c.fit = most
            OR (c.seen < most AND NOT EXISTS (SELECT FROM hot_jobs j WHERE ${BELOW} ${IN_ORDER} OFFSET 0)))`;

const PLAIN_LANE = `NOT EXISTS (SELECT FROM lane_settings l WHERE l.lane = here
            AND (l.paused OR l.records OR l.concurrency IS NOT NULL OR l.rate_limit IS NOT NULL))`;

const NO_DEBT = "NOT EXISTS (SELECT FROM debts d WHERE d.lane = here)";

/**
 * Looks at the next jobs of a lane, up to `most`, and locks those that fit and that nobody else is claiming, unless there is
 * more to know: of the lane's settings, of what came due or got a turn there, or of jobs below its mark that may be needed.
 * Then `chosen` is null.
 */
const CHOOSE = `WITH near AS MATERIALIZED (
        SELECT j.ctid AS at_ctid, j.priority, j.run_at, j.seq, (types IS NULL OR ${FITS}) AS fits
        FROM hot_jobs j WHERE ${READY} ${IN_ORDER} LIMIT most)
      SELECT c.seen, c.fit,
        CASE WHEN ${[NOTHING_BELOW, PLAIN_LANE, NO_DEBT, `NOT ${HAS_DUE}`].join("\n          AND ")}
          THEN ARRAY(${lock(FITTING)}) END,
        ${lastOf("most")}
      INTO seen, fit, chosen, behind
      FROM (SELECT count(*) AS seen, count(*) FILTER (WHERE n.fits) AS fit FROM near n OFFSET 0) c;`;

/**
 * Most polls are of one lane of which there is nothing else to know. They end here, after two statements: to look for all
 * that lanes may have besides takes longer than to claim a job. Where others are claiming some of these jobs it goes on
 * behind them like any poll, and with whatever else there is, nothing was locked. `claim` leases what was chosen.
 */
export const plainly = (claim: string): string => `
  IF cardinality(every_lane) = 1 AND most BETWEEN 1 AND ${BOUND} - 1 AND coalesce(limits[1], most) >= most
    AND resumed IS NULL AND NOT believed AND NOT (expired > 0 AND lease_ms IS NOT NULL) THEN
    here := every_lane[1];
    low := marks -> 'lanes' -> here;
    ${CHOOSE}
    IF chosen <> '{}' THEN
      ${claim}
      taken := claimed;
    END IF;
    is_done := chosen IS NOT NULL AND (taken = most OR behind IS NULL);
    IF is_done THEN
      -- Left is what others are claiming at this moment.
      may_be_more := taken < fit;
      firsts := '{1}';
      finished := ARRAY[taken < most];
    ELSIF chosen IS NULL THEN
      behind := NULL;
    ELSE
      looked := ARRAY[taken + seen - fit];
      goes_on := taken > 0;
      leaves := taken < fit;
    END IF;
  END IF;`;
