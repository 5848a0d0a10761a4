import { PRIORITIES } from "@anyqueue/api";

/** A place in poll order. */
export type Place = readonly [priority: number, runAt: number, seq: number];

/** Where a claim left off in a lane. */
export interface Mark {
  readonly place: Place;
  /** When the claim was made, by the server's clock. */
  readonly at: number;
  /** How many drops it knew of. */
  readonly drops: number;
}

/** Behind every job. */
export const END_OF_LANE: Place = [2 ** 32, 0, 0];

/**
 * Of a lane in which nothing is left: before what will be added to it. New jobs mostly have the priority of those before
 * them, if they have one at all.
 */
export function placeOfNext(at: number, priority: number = PRIORITIES.normal): Place {
  return [priority, at, 0];
}

export function isBehind([priority, runAt, seq]: Place, other: Place): boolean {
  return (priority - other[0] || runAt - other[1] || seq - other[2]) > 0;
}
