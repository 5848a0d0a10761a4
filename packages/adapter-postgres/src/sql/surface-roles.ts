/** What other languages call, and the views that go with it. */
const SURFACE = "enqueue enqueue_bulk claim complete fail extend cancel cancel_group";

/** What the TypeScript adapter calls. The rest is for these functions themselves. */
const VERBS =
  "insert_jobs poll take candidates candidates_by_id settle renew cas append_events remove_jobs remove_finished " +
  "configure_lane lane_status";

const VIEWS = "jobs running expired delayed failed lanes";

const list = (names: string): string => `{${names.split(" ").join(",")}}`;

/**
 * The rights of a worker, who may do everything by the functions and read everything, and of a reader, who sees the views
 * (one of which calls `lane_status`, as whoever reads it).
 * Everybody else may do nothing, and only the owner gives rights.
 *
 * Who was given them is not kept in a table but by Postgres itself, as the right to execute a function that does nothing:
 * so it goes with the role when that is dropped, and into a dump. From it each migration gives the rights anew, to what
 * is there then.
 */
export const SURFACE_ROLES = String.raw`
CREATE OR REPLACE FUNCTION is_worker() RETURNS void LANGUAGE sql AS '';
CREATE OR REPLACE FUNCTION is_reader() RETURNS void LANGUAGE sql AS '';

CREATE OR REPLACE FUNCTION grant_worker(role name) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  one regprocedure;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), role);
  FOR one IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
    AND p.proname = ANY ('${list(`${SURFACE} ${VERBS} is_worker`)}') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one, role);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION grant_reader(role name) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
  EXECUTE format('GRANT SELECT ON ${VIEWS.split(" ").join(", ")} TO %I', role);
  EXECUTE format('GRANT EXECUTE ON FUNCTION is_reader, lane_status TO %I', role);
END $$;

DO $$
DECLARE
  known record;
BEGIN
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', current_schema());
  FOR known IN SELECT p.proname, r.rolname FROM pg_proc p
    CROSS JOIN LATERAL aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN ('is_worker', 'is_reader')
      AND a.grantee <> p.proowner
  LOOP
    IF known.proname = 'is_worker' THEN PERFORM grant_worker(known.rolname); ELSE PERFORM grant_reader(known.rolname); END IF;
  END LOOP;
END $$;
`;
