/** A statement and the name under which a connection keeps it prepared. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * Every statement but those of lists, in the order of the contract. What writes, or has a plan to keep, is a call of one of
 * the schema's own functions, so that other languages do the same by the same code, and nothing depends on the state of a
 * session.
 */
export function prepare(schema: string) {
  const of = (name: string, text: string): Statement => ({ name: `${schema}.${name}`, text });
  const call = (name: string, parameters: number): Statement => {
    const places = Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(", ");
    return of(name, `SELECT ${schema}.${name}(${places})::text AS answer`);
  };
  const callRows = (name: string, parameters: number): Statement => {
    const places = Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(", ");
    return of(name, `SELECT * FROM ${schema}.${name}(${places})`);
  };

  return {
    // insert
    insert: call("insert_jobs", 8),

    // poll
    poll: callRows("poll_jobs", 15),
    take: callRows("take", 8),
    candidates: callRows("candidates", 6),
    candidatesById: callRows("candidates_by_id", 3),
    laneNames: of("lane_names", `SELECT DISTINCT lane FROM ${schema}.lane_names ORDER BY lane`),

    // cas
    settle: call("settle", 6),
    settleAndPoll: callRows("settle_and_poll", 21),
    renew: call("renew", 5),
    cas: call("cas", 3),

    // get
    get: call("get_jobs", 1),

    // remove
    remove: call("remove_jobs", 2),
    removeFinished: call("remove_finished", 5),
    removeOutdated: call("remove_outdated", 4),

    // append
    append: call("append_events", 3),

    // events
    eventsOf: of(
      "events_of",
      `SELECT e.seq, e.id, e.at, e.kind, e.detail::text FROM ${schema}.events e
       WHERE e.id = $1 AND e.seq > $2 AND e.kind = ANY ($3) ORDER BY e.seq LIMIT $4`,
    ),
    events: callRows("read_events", 5),

    // lanes
    lanes: call("lane_status", 1),
    configure: call("configure_lane", 2),
  };
}

/** The statements of one schema. */
export type Statements = ReturnType<typeof prepare>;
