import { HAS_DUE, IN_ORDER, IS_READY, READY } from "./ready.ts";

/**
 * What a poll knows of its lanes before it begins, in one statement. Of most of many lanes that is all it needs: they are
 * empty, and no claim is tried there. Above a mark the first look is short; only who finds nothing there looks below.
 * The orders are there for their indexes (lookup.ts).
 */
export const LOOK_AT_LANES = `SELECT array_agg(coalesce(l.paused, false)), array_agg(coalesce(l.records, false)),
    array_agg(array_position(every_lane, e.here)), array_agg(e.low),
    array_agg(most <= 0 OR NOT EXISTS (SELECT FROM hot_jobs j WHERE ${READY} ${IN_ORDER} OFFSET 0)
      AND (e.low IS NULL OR believed OR resumed IS NOT NULL OR NOT EXISTS (SELECT FROM hot_jobs j
        WHERE ${IS_READY} ${IN_ORDER} OFFSET 0))),
    array_agg(${HAS_DUE}),
    array_agg(l.concurrency IS NOT NULL OR l.rate_limit IS NOT NULL), bool_or(l.concurrency IS NOT NULL OR l.rate_limit IS NOT NULL),
    array_agg(e.owing), bool_or(e.owing)
  INTO paused, recording, firsts, places, is_empty, has_due, limited, has_limits, owing, owes
  FROM (SELECT e.lane AS here, coalesce(resumed, marks -> 'lanes') -> e.lane AS low,
      EXISTS (SELECT FROM debts d WHERE d.lane = e.lane OFFSET 0) AS owing FROM unnest(every_lane) e(lane) OFFSET 0) e
    LEFT JOIN lane_settings l ON l.lane = e.here;`;
