import { CLAUSE, CLOCK, DURABILITY } from "./clause.ts";
import { ended, KEPT, ROW_TYPE, STORED } from "./row.ts";

const ENDED = `given AS MATERIALIZED (
    SELECT * FROM unnest(ids, tokens, states, results) WITH ORDINALITY AS g(id, token, state, result, n)),
  gone AS (
    DELETE FROM hot_jobs j USING given g
    WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.token = g.token AND j.lease_until > clock
    RETURNING j.*, g.n, g.state AS end_state, g.result::json AS end_result),
  ended AS (${ended("gone", "end_state", "coalesce(end_result, result)")})`;

const DONE = "SELECT json_agg(json_build_array(g.n, g.version + 1, g.cancel_requested)) INTO answer FROM gone g";

/**
 * What workers do most, in one statement for many jobs: `settle` finishes those whose token is that of the living lease
 * (P13), and moves them to the history unless their lane keeps none; `renew` prolongs leases.
 *
 * Both answer `[[place in the array, version, asked to stop], …]` for those that were done, as JSON. What is missing there
 * was not touched; `cas` says why.
 */
export const SETTLE = String.raw`
CREATE OR REPLACE FUNCTION settle(ids text[], tokens bigint[], states text[], results text[], at bigint, durability text)
RETURNS text ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  answer text;
BEGIN ${DURABILITY}
  IF NOT EXISTS (SELECT FROM lane_settings l WHERE l.records OR l.discards <> '{}') THEN
    WITH ${ENDED},
    kept AS (INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended)
    ${DONE};
    RETURN answer;
  END IF;

  WITH ${ENDED},
  kept AS (INSERT INTO history (${STORED}) SELECT ${STORED} FROM ended e WHERE ${KEPT}),
  logged AS (
    INSERT INTO events (id, at, kind, detail)
    SELECT g.id, clock, 'moved', json_build_object('from', g.state, 'to', g.end_state, 'holder', g.holder)
    FROM gone g WHERE EXISTS (SELECT FROM lane_settings l WHERE l.lane = g.lane AND l.records) AND g.state <> g.end_state)
  ${DONE};
  PERFORM forget_discarded(ids);
  RETURN answer;
END $$;

-- Finishes jobs and polls in one step. As "poll", and then a row of kind 3 that holds the answer of "settle" in "payload".
CREATE OR REPLACE FUNCTION settle_and_poll(ids text[], tokens bigint[], states text[], results text[], settled_at bigint,
  settle_durability text, asked text[], limits int[], turn int, types text[], patterns text[], resumed json,
  wanted_state text, target text, most int, lease_ms bigint, for_holder text, expired int, marks json, at bigint,
  durability text)
RETURNS TABLE (kind int, ${ROW_TYPE}) ROWS 100 ${CLAUSE} AS $$
DECLARE
  answer text := settle(ids, tokens, states, results, settled_at, settle_durability);
BEGIN
  RETURN QUERY SELECT * FROM poll(asked, limits, turn, types, patterns, resumed, wanted_state, target, most, lease_ms,
    for_holder, expired, marks, at, durability);
  kind := 3;
  payload := answer;
  RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION renew(ids text[], tokens bigint[], lease_ms bigint[], at bigint, durability text)
RETURNS text ${CLAUSE} AS $$
DECLARE
  clock bigint := coalesce(at, ${CLOCK});
  answer text;
BEGIN ${DURABILITY}
  WITH renewed AS (
    UPDATE hot_jobs j SET lease_until = clock + g.lease_ms
    FROM unnest(ids, tokens, lease_ms) WITH ORDINALITY AS g(id, token, lease_ms, n)
    WHERE j.id = g.id AND j.lane = split_part(g.id, ':', 1) AND j.token = g.token AND j.lease_until > clock
    RETURNING g.n, j.version, j.cancel_requested)
  SELECT json_agg(json_build_array(r.n, r.version, r.cancel_requested)) INTO answer FROM renewed r;
  RETURN answer;
END $$;
`;
