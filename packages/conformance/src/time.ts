/** When every case begins, in epoch milliseconds. Far from any real clock, so that an adapter that ignores `now` is found out. */
export const T0 = 2_000_000_000_000;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** How long a leasing poll of a case leases when it does not say. */
export const LEASE = 30 * SECOND;

/** How long the few cases that have to wait for something real wait at most. */
export const DEADLINE = 4 * SECOND;

/** How long a random case runs at most, and then looks for a smaller example of what it found. */
export const RANDOM_LIMIT = 15 * SECOND;
