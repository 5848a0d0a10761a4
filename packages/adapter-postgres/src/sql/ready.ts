/** Poll order (P7). */
export const IN_ORDER = "ORDER BY j.priority, j.run_at, j.seq";

/** A job of the types that are asked for. */
export const FITS = `(j.type = ANY (types) OR j.type || '.' ~ ANY (patterns))`;
