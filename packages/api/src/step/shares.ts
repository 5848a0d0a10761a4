import { laneOf } from "../contract/names.ts";
import type { PollRequest } from "../contract/poll.ts";

/**
 * The lanes of a poll in the order in which they are served, each with the most that may be taken from it at this place.
 * `all` are the lanes that there are: a poll that names none takes from each of them, beginning at another one every
 * time, for which the caller counts `round` up.
 */
export function sharesOf(
  { lanes, ids, limit }: PollRequest,
  all: readonly string[],
  round: number,
): { readonly lane: string; readonly limit: number }[] {
  const start = all.length === 0 ? 0 : round % all.length;
  const named = ids ? new Set(ids.map(laneOf)) : (lanes ?? [...all.slice(start), ...all.slice(0, start)]);
  return Array.from(named, (share) => (typeof share === "string" ? { lane: share, limit } : share));
}
