/**
 * The columns of a job in the order in which every reader selects them. JSON travels as text: the driver must not parse
 * it, and a null inside JSON has to stay apart from no value at all.
 */
const NAMES = (
  "seq id lane type state priority run_at attempt max_attempts token version inserted_at updated_at lease_until holder " +
  "lease_from cancel_requested finished_at touched grp extra progress error result payload"
).split(" ");

const JSON_NAMES: readonly string[] = ["extra", "progress", "error", "result", "payload"];

/** The columns of a job of the table with this alias; `payload` is read as null where nobody looks at it. */
export function columnsOf(alias: string, { payload = true } = {}): string {
  return NAMES.map((name) => {
    if (name === "payload" && !payload) return "NULL::text AS payload";
    return JSON_NAMES.includes(name) ? `${alias}.${name}::text AS ${name}` : `${alias}.${name}`;
  }).join(", ");
}

/** A job as one JSON list of its columns, in the same order. */
export function listOf(alias: string): string {
  return `json_build_array(${columnsOf(alias).replaceAll(/ AS \w+/g, "")})`;
}

/** The columns of a job as what a function returns. */
export const ROW_TYPE = `seq bigint, id text, lane text, type text, state text, priority bigint, run_at bigint, attempt int,
  max_attempts int, token bigint, version int, inserted_at bigint, updated_at bigint, lease_until bigint, holder text,
  lease_from text, cancel_requested boolean, finished_at bigint, touched bigint, grp text, extra text, progress text,
  error text, result text, payload text`;

const STORED_NAMES = [...NAMES, "place", "okey", "keep_until"];

/** Everything that `hot_jobs` and `history` store of a job, for moving rows between the two. */
export const STORED = STORED_NAMES.join(", ");

/** What finishing leaves as it is, of the table with this alias, and the version. */
export function lastingOf(alias: string): string {
  const replaced =
    "state updated_at finished_at lease_until holder lease_from cancel_requested touched place keep_until".split(" ");
  return STORED_NAMES.filter((name) => !replaced.includes(name))
    .map((name) => `${alias}.${name}`)
    .join(", ");
}

/** Selects jobs as they are once finished: in this state, with this result, by nobody's lease. */
export function ended(table: string, state: string, result: string): string {
  const changed: Readonly<Record<string, string>> = {
    state: `${state} AS state`,
    version: "version + 1 AS version",
    updated_at: "clock AS updated_at",
    finished_at: "clock AS finished_at",
    lease_until: "NULL::bigint AS lease_until",
    holder: "NULL::text AS holder",
    lease_from: "NULL::text AS lease_from",
    cancel_requested: "NULL::boolean AS cancel_requested",
    touched: "NULL::bigint AS touched",
    result: `${result} AS result`,
    place: "6::smallint AS place",
    keep_until: `CASE WHEN extra IS NOT NULL THEN own_keep(extra, ${state}, clock) END AS keep_until`,
  };
  return `SELECT ${STORED_NAMES.map((name) => changed[name] ?? name).join(", ")} FROM ${table}`;
}
