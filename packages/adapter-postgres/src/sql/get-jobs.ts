import { CLAUSE } from "./clause.ts";
import { hasId } from "./lookup.ts";
import { listOf } from "./row.ts";

/** `get_jobs` answers the jobs with these ids, each as a list of its columns, or null when none is kept. */
export const GET_JOBS = String.raw`
CREATE OR REPLACE FUNCTION get_jobs(ids text[]) RETURNS text ${CLAUSE} AS $$
BEGIN
  -- One statement, so that a job on its way from one table to the other is seen in one of them.
  RETURN (SELECT json_agg(f.job) FROM (
    SELECT ${listOf("j")} AS job FROM unnest(ids) g(id) JOIN hot_jobs j ON ${hasId("j", "g.id")}
    UNION ALL
    SELECT ${listOf("h")} FROM unnest(ids) g(id), LATERAL (SELECT h.* FROM history h WHERE h.id = g.id OFFSET 0) h) f);
END $$;
`;
