import { hasId, OF_LANE } from "./lookup.ts";
import { IN_ORDER } from "./ready.ts";
import { columnsOf, listOf, ROW_TYPE } from "./row.ts";

/** Leases the jobs that were chosen, and so are locked. */
const LEASE = `UPDATE hot_jobs j SET state = target, place = 4, token = nextval('ticks'),
          attempt = j.attempt + 1, version = j.version + 1, updated_at = clock, lease_until = clock + lease_ms,
          holder = for_holder, lease_from = wanted_state, touched = CASE WHEN to_custom THEN nextval('ticks') END
        WHERE ${OF_LANE} AND j.ctid = ANY (chosen)`;

/** From so many pages of the index on, a look is long. */
export const LONG_PAGES = 400;

/** Of so many lanes it is told in which nothing is left: a poll searches its marks once for each lane. */
const MANY_LANES = 100;

/** How a function tells of what it found: statements. */
export interface Telling {
  readonly returns: string;
  /** Leases what was chosen, writes what `logged` says, and notes how many jobs that were in `claimed`. */
  readonly claim: (logged?: string) => string;
  readonly takeOver: string;
  readonly end: string;
}

const TAKEN_OVER = "take_over(every_lane, expired, lease_ms, for_holder, clock, held) t";

/** A row for each job, as others read it best. */
export const BY_ROWS: Telling = {
  returns: `kind int, ${ROW_TYPE}`,
  claim: (logged = "") => `RETURN QUERY WITH leased AS (
        ${LEASE} RETURNING ${columnsOf("j")})${logged}
      SELECT 0, j.* FROM leased j ${IN_ORDER};
      GET DIAGNOSTICS claimed = ROW_COUNT;`,
  takeOver: `RETURN QUERY SELECT 1, t.* FROM ${TAKEN_OVER};`,
  end: `kind := 2;
  updated_at := clock;
  seq := pages;
  payload := cut;
  run_at := soonest;
  RETURN NEXT;`,
};

/** What few jobs have, in the order of `ClaimedJobs.rare`. */
const RARE = ["grp", "cancel_requested", "extra", "progress", "error", "result"];

/** From so many bytes on, as they are stored, jobs are told one by one: compressed well, a text of them all could be too long. */
const MANY_BYTES = 1_000_000;

/** So few jobs are told one by one: what brings many together takes longer to prepare than these to read. */
const FEW = 8;

const SIZE = ["payload", "extra", "progress", "error", "result"]
  .map((name) => `coalesce(pg_column_size(j.${name}), 0)`)
  .join(" + ");

const ordered = (alias: string): string => `FROM (SELECT * FROM leased j ${IN_ORDER}) ${alias}`;

/** A row for each job. */
const oneByOne = (logged: string): string => `RETURN QUERY WITH leased AS (
          ${LEASE} RETURNING ${columnsOf("j")})${logged}
        SELECT 4, ${listOf("j")}::text FROM leased j ${IN_ORDER};
        GET DIAGNOSTICS claimed = ROW_COUNT;`;

/**
 * All jobs of a claim in one row, column by column, without what is the same for all of them. The adapter reads that three
 * times as fast.
 */
const together = (logged: string): string => `WITH leased AS (
        ${LEASE} RETURNING j.seq, j.id, j.type, j.priority, j.run_at, j.attempt, j.max_attempts, j.token, j.version,
          j.inserted_at, j.payload, ${RARE.map((name) => `j.${name}`).join(", ")})${logged}
      SELECT count(*),
        CASE WHEN sum(${SIZE}) < ${MANY_BYTES} THEN (
          SELECT json_build_object('lane', here, 'at', clock, 'until', clock + lease_ms, 'seq', json_agg(c.seq),
            'id', json_agg(c.id), 'type', json_agg(c.type), 'priority', json_agg(c.priority), 'runAt', json_agg(c.run_at),
            'attempt', json_agg(c.attempt), 'maxAttempts', json_agg(c.max_attempts), 'token', json_agg(c.token),
            'version', json_agg(c.version), 'insertedAt', json_agg(c.inserted_at), 'payload', json_agg(c.payload),
            'rare', CASE WHEN max(num_nonnulls(${RARE.map((name) => `c.${name}`).join(", ")})) > 0 THEN (
              SELECT json_agg(json_build_array(${RARE.map((name, i) => (i < 2 ? `r.${name}` : `r.${name}::text`)).join(", ")}))
              ${ordered("r")}) END)
          ${ordered("c")}) END,
        CASE WHEN sum(${SIZE}) >= ${MANY_BYTES} THEN (SELECT array_agg(c.id) ${ordered("c")}) END
      INTO claimed, answer, large FROM leased j;
      IF answer IS NOT NULL THEN
        kind := 0;
        RETURN NEXT;
      ELSIF large IS NOT NULL THEN
        RETURN QUERY SELECT 4, ${listOf("j")}::text FROM unnest(large) WITH ORDINALITY c(id, n)
          JOIN hot_jobs j ON ${hasId("j", "c.id")} ORDER BY c.n;
      END IF;`;

/** As the adapter reads it best. */
export const BY_COLUMNS: Telling = {
  returns: "kind int, answer text",
  claim: (logged = "") => `IF cardinality(chosen) <= ${FEW} THEN
        ${oneByOne(logged)}
      ELSE
      ${together(logged)}
      END IF;`,
  takeOver: `RETURN QUERY SELECT 1, ${listOf("t")}::text FROM ${TAKEN_OVER};`,
  end: `IF pages > ${LONG_PAGES} AND cardinality(every_lane) <= ${MANY_LANES} THEN
    through := ARRAY(SELECT DISTINCT e.lane FROM unnest(every_lane) WITH ORDINALITY e(lane, n)
      WHERE most > 0 AND (finished[firsts[n]] OR (is_empty[n] AND NOT (has_due[n] OR owes))));
  END IF;
  kind := 2;
  answer := json_build_array(soonest, clock, pages, cut, extract(epoch FROM clock_timestamp() - began_at) * 1000, held, through, came)::text;
  RETURN NEXT;`,
};
