import { CLAUSE } from "./clause.ts";

/** The columns of an event, `e`. */
const EVENT = "e.seq, e.id, e.at, e.kind, e.detail::text";

/**
 * `read_events` reads the log of the store (P23): what the snapshot `up_to`, or the present one, can see and `seen` could
 * not, behind the event `place`, in the order of numbers. First comes one row about the store: its epoch in `id`, and in
 * `detail` the snapshot that was read.
 *
 * - With nothing seen, and while paging through one difference, which is what `up_to` means, it walks along the numbers,
 *   so that a page costs a page. Otherwise it reads what is new by transaction, which is little for who follows.
 * - A snapshot that is handed out counts transactions as finished that a crash may undo: a commit of NOTIFY, or of
 *   `relaxed` durability, is not on disk yet. Their ids would be given again, and events under these taken for seen. So
 *   all that was written before goes to disk first: a commit that has written something flushes it, and one that only has
 *   an id does not, hence the message, which nobody decodes.
 */
export const READ_EVENTS = String.raw`
CREATE OR REPLACE FUNCTION read_events(seen pg_snapshot, up_to pg_snapshot, place bigint, kinds text[], most int)
RETURNS TABLE (seq bigint, id text, at bigint, kind text, detail text) ROWS 100 ${CLAUSE} AS $$
#variable_conflict use_column
DECLARE
  present pg_snapshot := coalesce(up_to, pg_current_snapshot());
BEGIN
  IF up_to IS NULL AND pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() THEN
    IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
    PERFORM pg_logical_emit_message(true, 'anyqueue', '');
  END IF;

  RETURN QUERY SELECT NULL::bigint, s.epoch, NULL::bigint, NULL::text, present::text FROM schema_info s;
  IF seen IS NULL OR up_to IS NOT NULL THEN
    RETURN QUERY SELECT ${EVENT} FROM events e
    WHERE e.seq > place AND e.kind = ANY (kinds) AND pg_visible_in_snapshot(e.xid, present)
      AND (seen IS NULL OR NOT pg_visible_in_snapshot(e.xid, seen))
    ORDER BY e.seq LIMIT most;
  ELSE
    -- The fence keeps the order from being served by a walk along all numbers.
    RETURN QUERY SELECT e.* FROM (
      SELECT ${EVENT} FROM events e
      WHERE e.xid >= pg_snapshot_xmin(seen) AND NOT pg_visible_in_snapshot(e.xid, seen)
        AND pg_visible_in_snapshot(e.xid, present) AND e.kind = ANY (kinds) OFFSET 0) e
    ORDER BY e.seq LIMIT most;
  END IF;
END $$;
`;
