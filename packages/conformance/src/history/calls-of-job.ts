import {
  type Change,
  type Found,
  laneOf,
  type NewEvent,
  type NewJob,
  type PollRequest,
  type PollResult,
} from "@anyqueue/api";
import type { Call } from "./call.ts";
import type { JobCall } from "./job-model.ts";

/**
 * What a history says about one job: every call that has a part in it, with that part alone. Of polls that nobody heard
 * the answer of, all that may have found it. Whether calls on several jobs are one step, is not looked at.
 */
export function callsOfJob(id: string, calls: readonly Call[]): JobCall[] {
  return calls.flatMap((call, i) => partIn(id, call).map((part) => ({ ...call, ...part, id, number: i + 1 })));
}

/** The ids of all jobs that somebody wanted to add. */
export function idsIn(calls: readonly Call[]): string[] {
  const ids = calls.flatMap(({ verb, request: [first] }) => {
    if (verb === "insert") return (first as readonly NewJob[]).map(({ id }) => id);
    return verb === "cas" ? (first as readonly Change[]).flatMap(({ spawn = [] }) => spawn.map((job) => job.id)) : [];
  });
  return [...new Set(ids)];
}

type Part = Partial<Pick<Call, "request" | "answer">>;

/** The part of a call in a job, or nothing. */
function partIn(id: string, call: Call): Part[] {
  const [first, ...rest] = call.request;
  const answers = isKnown(call) ? (call.answer as never) : undefined;
  switch (call.verb) {
    case "insert":
    case "append":
    case "cas":
      return places(first as readonly (NewJob | NewEvent | Change)[], id).map((at) =>
        one((first as readonly unknown[])[at], rest, answers, at),
      );
    case "get":
      return answers === undefined
        ? []
        : places(
            (first as readonly string[]).map((each) => ({ id: each })),
            id,
          ).map((at) => one(id, rest, answers, at));
    case "poll":
      return polledPart(id, first as PollRequest, answers);
    case "remove":
      return (first as { readonly ids?: readonly string[] }).ids?.includes(id) === true ? [{}] : [];
    default:
      return [];
  }
}

function polledPart(id: string, { ids, lanes }: PollRequest, answer: PollResult | undefined): Part[] {
  if (answer === undefined) {
    const lane = laneOf(id);
    const asked = lanes?.some((share) => (typeof share === "string" ? share : share.lane) === lane);
    return (ids?.includes(id) ?? asked ?? true) ? [{}] : [];
  }
  const [jobs, expired] = [answer.jobs, answer.expired].map((list) => list.filter((job) => job.id === id));
  if (jobs?.length === 0 && expired?.length === 0) return [];
  return [{ answer: { ...answer, jobs, expired, nextDueAt: null } }];
}

function one(item: unknown, rest: readonly unknown[], answers: readonly unknown[] | undefined, at: number): Part {
  return { request: [[item], ...rest], ...(answers !== undefined && { answer: [answers[at] as Found] }) };
}

/** Where a list speaks of the job: by itself or among the jobs that a change spawns. */
function places(
  items: readonly { readonly id: string; readonly spawn?: readonly { readonly id: string }[] }[],
  id: string,
): number[] {
  return items.flatMap((item, i) => (item.id === id || item.spawn?.some((job) => job.id === id) ? [i] : []));
}

function isKnown(call: Call): boolean {
  return call.end !== null && call.error === undefined;
}
