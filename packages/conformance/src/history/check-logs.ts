import type { AppendOutcome, CasOutcome, Change, JobEvent, NewEvent } from "@anyqueue/api";
import type { Call } from "./call.ts";
import { callsOfJob } from "./calls-of-job.ts";
import { removedIn } from "./check-totals.ts";
import { Counterexample } from "./counterexample.ts";
import { describeCalls } from "./describe-call.ts";

/** Something that was written into the log of a job, or may have been. */
interface Entry {
  readonly id: string;
  /** What tells it from all others. */
  readonly text: string;
  readonly call: Call;
  /** `written`, or `lost` where nobody heard whether it was. */
  readonly fate: "written" | "refused" | "lost";
}

/**
 * Holds the logs of the jobs against what was said: an acknowledged event, or error of a failed attempt, is there once, in
 * order where one was written when the other had been, and nothing is there that nobody wrote (P16, P22). Every event of the
 * history has to be a text of its own. @throws Counterexample
 */
export function checkLogs(calls: readonly Call[], events: readonly JobEvent[]): void {
  const entries = new Map(calls.flatMap(entriesOf).map((entry) => [entry.text, entry]));
  const removed = removedIn(calls);
  const places = new Map<string, number>();
  for (const [place, { id, data, error }] of events.entries()) {
    const text = textOf(id, data ?? error?.message);
    const entry = entries.get(text);
    if (entry === undefined || entry.fate === "refused")
      throw broken(`The log of ${id} has an event that nobody wrote: ${text}.`, id, calls);
    if (places.has(text)) throw broken(`The log of ${id} has one event twice: ${text}.`, id, calls);
    places.set(text, place);
  }
  for (const { id, text, fate } of entries.values()) {
    // A removed job takes its events with it, and another may have come under its id.
    if (fate === "written" && !places.has(text) && !removed.has(id))
      throw broken(`The log of ${id} has lost an event: ${text}.`, id, calls);
  }
  checkOrder([...entries.values()], places, calls);
}

function checkOrder(entries: readonly Entry[], places: ReadonlyMap<string, number>, calls: readonly Call[]): void {
  const written = entries.filter(({ fate, text }) => fate === "written" && places.has(text));
  for (const earlier of written) {
    for (const later of written) {
      if (earlier.id !== later.id || (earlier.call.end ?? Infinity) >= later.call.begin) continue;
      if ((places.get(earlier.text) ?? 0) > (places.get(later.text) ?? 0))
        throw broken(
          `The log of ${later.id} is out of order: ${later.text} comes before ${earlier.text}.`,
          later.id,
          calls,
        );
    }
  }
}

function entriesOf(call: Call): Entry[] {
  const isHeard = call.end !== null && call.error === undefined;
  const fateOf = (i: number) => {
    if (!isHeard) return "lost";
    return (call.answer as readonly (AppendOutcome | CasOutcome)[])[i]?.status === "ok" ? "written" : "refused";
  };
  if (call.verb === "append")
    return (call.request[0] as readonly NewEvent[]).map(({ id, event }, i) => ({
      id,
      text: textOf(id, event),
      call,
      fate: fateOf(i),
    }));
  if (call.verb !== "cas") return [];
  return (call.request[0] as readonly Change[]).flatMap(({ id, event, set }, i) =>
    [event, set.error?.message].flatMap((what) =>
      what === undefined ? [] : [{ id, text: textOf(id, what), call, fate: fateOf(i) }],
    ),
  );
}

function textOf(id: string, event: unknown): string {
  return `${JSON.stringify(event)} of ${id}`;
}

function broken(message: string, id: string, calls: readonly Call[]): Counterexample {
  const ofJob = callsOfJob(id, calls).filter(({ verb }) => verb === "append" || verb === "cas" || verb === "remove");
  return new Counterexample(message, describeCalls(ofJob).slice(-16));
}
