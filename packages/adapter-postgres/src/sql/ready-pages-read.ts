/**
 * How many pages of the index of ready jobs this session has read since its counts were last collected. What the index of a
 * partitioned table counts is counted by its parts. A function of one expression is put into the statement that calls it;
 * its body is not checked, since the index is made after the functions where jobs are moved.
 */
export const READY_PAGES_READ = `DO $$ BEGIN
  SET LOCAL check_function_bodies = off;
  EXECUTE format('CREATE OR REPLACE FUNCTION ready_pages_read() RETURNS bigint LANGUAGE sql STABLE AS %L',
    CASE WHEN EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = 'hot_jobs'::regclass)
      THEN 'SELECT sum(pg_stat_get_xact_blocks_fetched(i.inhrelid))::bigint FROM pg_inherits i
        WHERE i.inhparent = ''hot_jobs_ready''::regclass'
      ELSE 'SELECT pg_stat_get_xact_blocks_fetched(''hot_jobs_ready''::regclass)' END);
  SET LOCAL check_function_bodies = on;
END $$;`;
