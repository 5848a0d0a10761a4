import { HELPER } from "./surface-clause.ts";

/**
 * Refuses jobs of one call that would wait for each other for ever, as `Store.insert` does (P20). Circles through jobs that
 * are stored already are found when they are stored.
 */
export const SURFACE_CIRCLE = String.raw`
CREATE OR REPLACE FUNCTION refuse_circle(subject text, given json[]) RETURNS void ${HELPER} AS $$
DECLARE
  ids text[] := ARRAY(SELECT g.job ->> 'id' FROM unnest(given) WITH ORDINALITY g(job, n) ORDER BY g.n);
  -- Who waits for whom within the call, by their places, in the order of whom.
  dependents int[];
  parents int[];
  firsts int[];
  -- For how many of them each still waits.
  waits int[];
  free int[];
  next int[];
  circle int[];
  here int;
  edge int;
  place int := 1;
BEGIN
  -- Of jobs with the same id the first one counts.
  WITH named AS MATERIALIZED (
    SELECT DISTINCT ON (g.job ->> 'id') g.job ->> 'id' AS id, g.job -> 'extra' -> 'dependsOn' AS needed, g.n::int AS n
    FROM unnest(given) WITH ORDINALITY g(job, n) ORDER BY g.job ->> 'id', g.n)
  SELECT array_agg(j.n ORDER BY p.n, j.n), array_agg(p.n ORDER BY p.n, j.n) INTO dependents, parents
  FROM named j, json_array_elements_text(j.needed) d(id), named p WHERE p.id = d.id;
  -- Who waits only for those before it, is in no circle.
  IF NOT EXISTS (SELECT FROM unnest(dependents, parents) e(dependent, parent) WHERE e.parent > e.dependent) THEN RETURN; END IF;

  SELECT array_agg(coalesce(d.waits, 0) ORDER BY s.n), array_agg(d.first ORDER BY s.n) INTO waits, firsts
  FROM generate_series(1, cardinality(ids)) s(n) LEFT JOIN (
    SELECT e.n, sum(e.waits) AS waits, min(e.first) AS first FROM (
      SELECT p.dependent AS n, 1 AS waits, NULL::bigint AS first FROM unnest(dependents) p(dependent)
      UNION ALL SELECT p.parent, 0, p.edge FROM unnest(parents) WITH ORDINALITY p(parent, edge)) e GROUP BY e.n) d ON d.n = s.n;
  free := ARRAY(SELECT w.n FROM unnest(waits) WITH ORDINALITY w(waits, n) WHERE w.waits = 0);
  WHILE place <= cardinality(free) LOOP
    here := free[place];
    edge := firsts[here];
    WHILE parents[edge] = here LOOP
      waits[dependents[edge]] := waits[dependents[edge]] - 1;
      IF waits[dependents[edge]] = 0 THEN
        free := array_append(free, dependents[edge]);
      END IF;
      edge := edge + 1;
    END LOOP;
    place := place + 1;
  END LOOP;
  IF cardinality(free) = cardinality(ids) THEN RETURN; END IF;

  -- Everybody who is left waits for somebody who is left, so whoever goes on from one to the next comes into a circle.
  next := ARRAY(SELECT e.parent FROM generate_series(1, cardinality(ids)) s(n) LEFT JOIN (
      SELECT e.dependent, min(e.parent) AS parent FROM unnest(dependents, parents) e(dependent, parent)
      WHERE waits[e.parent] > 0 GROUP BY e.dependent) e ON e.dependent = s.n ORDER BY s.n);
  here := (SELECT min(w.n) FROM unnest(waits) WITH ORDINALITY w(waits, n) WHERE w.waits > 0);
  FOR step IN 1 .. cardinality(ids) LOOP here := next[here]; END LOOP;
  WHILE here <> ALL (coalesce(circle, '{}')) LOOP
    circle := array_append(circle, here);
    here := next[here];
    EXIT WHEN cardinality(circle) > 6;
  END LOOP;
  PERFORM tell_circle(subject, (SELECT string_agg(ids[c.n], ' → ' ORDER BY c.place) FROM unnest(circle) WITH ORDINALITY c(n, place))
    || CASE WHEN cardinality(circle) > 6 THEN ' → …' ELSE ' → ' || ids[here] END);
END $$;

CREATE OR REPLACE FUNCTION tell_circle(subject text, circle text) RETURNS void ${HELPER} AS $$
BEGIN
  PERFORM refuse(format('%s: jobs would depend on each other in a circle, %s, and none of them could ever run.', subject, circle),
    'Leave out one of these dependencies.');
END $$;
`;
