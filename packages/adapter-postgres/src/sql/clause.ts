/**
 * What every function that writes is declared with. It runs as the owner, so that a worker's role needs no rights on
 * tables; it sees only its own schema, whatever the caller's `search_path`; and its plans cannot be flipped by
 * statistics, or by having none yet: right after a bulk load a claim would otherwise sort the whole backlog. No state of
 * the session is involved, so all of it works through a pooler.
 */
export const CLAUSE = `
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path FROM CURRENT
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan SET jit = off`;

/** What a function is declared with that others call on the way; it inherits how they run. */
export const INNER = `
  LANGUAGE plpgsql SET search_path FROM CURRENT`;

/** The server's clock in epoch milliseconds. Not \`now()\`, which stands still during a long transaction (S103). */
export const CLOCK = `floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`;

/**
 * Lets \`durability\` decide when a commit is acknowledged: \`off\`, or at least \`on\`; null leaves it to the caller.
 * It is set for the transaction, because a setting of the function would end before the commit.
 */
export const DURABILITY = `
  IF durability IS NOT NULL AND (current_setting('synchronous_commit') = 'off') <> (durability = 'off') THEN
    PERFORM set_config('synchronous_commit', durability, true);
  END IF;`;
