const VIEWS = "jobs, running, expired, delayed, blocked, failed, lanes";

/**
 * The rights of a worker, who reads everything and writes by the functions only, and of a reader, who sees the views, one
 * of which calls `lane_status`. Everybody else may do nothing, and only the owner gives rights.
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
  -- Functions that run as the owner are there to be called; the others serve them.
  FOR one IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
    AND (p.prosecdef OR p.proname = 'is_worker') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one, role);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION grant_reader(role name) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
  EXECUTE format('GRANT SELECT ON ${VIEWS} TO %I', role);
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
