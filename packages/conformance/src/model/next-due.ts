import type { Adapter, PollResult } from "@anyqueue/api";
import type { Step } from "./step.ts";

type PollStep = Extract<Step, { verb: "poll" }>;

/** What `nextDueAt` of a poll may be (P10). */
export interface Due {
  /** Never later than this; null where nothing ever comes due by itself, and so anything goes. */
  readonly latest: number | null;
  /** Whether a worker that believes it may be told to come back at once. */
  readonly mayBeNow: boolean;
}

/** What may be answered, from what the other store answers, and what it would answer to a poll for no job now. */
export async function dueAfter(
  { request }: PollStep,
  { jobs, nextDueAt, now }: PollResult,
  reference: Adapter,
  everyLane: readonly string[],
): Promise<Due> {
  const { ids, types, where, limit, lanes = everyLane } = request;
  // A poll of certain jobs may look at them only.
  if (ids !== undefined) return { latest: null, mayBeNow: true };
  const isFull = jobs.length >= limit && limit > 0;
  if (types !== undefined || where !== undefined) return { latest: isFull ? null : nextDueAt, mayBeNow: true };
  const names = lanes.flatMap((share) => (typeof share === "string" ? [share] : share.limit > 0 ? [share.lane] : []));
  const { from } = request;
  const again = await reference.poll({ lanes: names, limit: 0, now, ...(from !== undefined && { from }) });
  const latest = again.nextDueAt;
  return {
    latest,
    mayBeNow: isFull || jobs.length > 0 || names.length < lanes.length || (latest !== null && latest <= now),
  };
}

/** What is wrong with the `nextDueAt` of an answer, if anything is. */
export function wrongDue({ nextDueAt, now }: PollResult, { latest, mayBeNow }: Due): string | null {
  if (nextDueAt !== null && typeof nextDueAt !== "number") return "`nextDueAt` is neither a time nor null";
  if (latest !== null && (nextDueAt === null || nextDueAt > Math.max(latest, now))) {
    const told = nextDueAt === null ? "null" : `${nextDueAt - now} ms from now`;
    return `\`nextDueAt\` is ${told}, but a poll could find something ${Math.max(0, latest - now)} ms from now (P10)`;
  }
  if (!mayBeNow && nextDueAt !== null && nextDueAt <= now) return "`nextDueAt` is now, but nothing is due (P10)";
  return null;
}
