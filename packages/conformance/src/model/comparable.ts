import {
  type AppendOutcome,
  type CasOutcome,
  type EventPage,
  type Found,
  type InsertOutcome,
  type Job,
  type JobEvent,
  type LaneStatus,
  type PollResult,
} from "@anyqueue/api";
import type { Step } from "./step.ts";
import type { Tokens } from "./tokens.ts";

/**
 * An answer without what the contract leaves to each store: which tokens there are, which lane comes first when none is
 * named, in which order the events of different jobs come, and where pages end that a filter makes shorter. Two stores
 * that keep the promises give answers that are equal then. `nextDueAt` is left out; it is a bound, and looked at by itself.
 */
export function comparable(step: Step, answer: unknown, tokens: Tokens): unknown {
  switch (step.verb) {
    case "insert":
      return (answer as readonly InsertOutcome[]).map((outcome) =>
        "job" in outcome ? { ...outcome, job: jobOf(outcome.job, tokens) } : outcome,
      );
    case "poll":
      return pollOf(step, answer as PollResult, tokens);
    case "cas":
      return (answer as readonly CasOutcome[]).map((outcome, i) =>
        "token" in outcome ? { ...outcome, token: tokens.nameOf(step.changes[i]?.id ?? "", outcome.token) } : outcome,
      );
    case "get":
      return (answer as readonly Found[]).map((job) => job && jobOf(job, tokens));
    case "list":
      return listOf(step, answer as { items: readonly Job[]; hasMore: boolean }, tokens);
    case "append":
      return (answer as readonly AppendOutcome[]).map((outcome) => ({ ...outcome }));
    case "events": {
      const { items, again } = answer as { items: EventPage["items"]; again: boolean | undefined };
      return { events: byJob(items), again };
    }
    case "lanes":
      // Whether a call that added nothing brings a lane into being is left open.
      return (answer as readonly LaneStatus[]).filter(({ counts, settings }) => !isEmpty(counts) || !isEmpty(settings));
    default:
      return answer;
  }
}

function pollOf({ request }: Extract<Step, { verb: "poll" }>, answer: PollResult, tokens: Tokens): unknown {
  const { jobs, expired, now } = answer;
  const taken = jobs.map((job) => jobOf(job, tokens));
  return {
    jobs: request.lanes === undefined ? groupBy(taken, ({ lane }) => lane) : taken,
    // Of leases that ended at the same time either may come first.
    expired: expired.map((job) => jobOf(job, tokens)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    now,
    isCutShort: answer.after !== undefined,
  };
}

function listOf(
  { query }: Extract<Step, { verb: "list" }>,
  { items, hasMore }: { items: readonly Job[]; hasMore: boolean },
  tokens: Tokens,
): unknown {
  const jobs = items.map((job) => jobOf(job, tokens));
  // Jobs that finished at the same time come in any order.
  if (query.order === "finished")
    jobs.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || (a.id < b.id ? -1 : 1));
  return { jobs, hasMore };
}

/** A job whose tokens are told by name. */
type Named = Pick<Job, "id" | "lane" | "finishedAt"> & { readonly token: string; readonly lease?: unknown };

function jobOf(job: Job, tokens: Tokens): Named {
  const { token, lease, ...rest } = job;
  const named = { ...rest, token: tokens.nameOf(job.id, token) };
  return lease === undefined ? named : { ...named, lease: { ...lease, token: tokens.nameOf(job.id, lease.token) } };
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}

function byJob(events: readonly JobEvent[]): Readonly<Record<string, readonly JobEvent[]>> {
  return groupBy(events, ({ id }) => id);
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, T[]> {
  const groups: Record<string, T[]> = {};
  for (const item of items) (groups[nameOf(item)] ??= []).push(item);
  return groups;
}
