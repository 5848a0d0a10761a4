import { T0 } from "../time.ts";
import { brief } from "./brief.ts";
import type { Call } from "./call.ts";
import { describeAnswer } from "./describe-answer.ts";
import { describeRequest } from "./describe-request.ts";

/**
 * A call as one readable line, such as `b: poll main, limit 2, lease 30 s as "bob" at +1.5 s → [main:1 (token 3)]`. Times are
 * told from `base`, the time at which every case begins.
 */
export function describeCall(call: Call, base: number = T0): string {
  return `${call.client}: ${describeRequest(call, base)} → ${describeOutcome(call, base)}`;
}

/** Calls as lines, in the order in which they began. */
export function describeCalls(calls: readonly Call[], base: number = T0): string[] {
  return calls.toSorted((a, b) => a.begin - b.begin).map((call) => describeCall(call, base));
}

/** What came of a call: its answer, what it threw, or that there is none. */
export function describeOutcome(call: Call, base: number = T0): string {
  if (call.error !== undefined) return `threw ${call.error.length > 120 ? `${call.error.slice(0, 119)}…` : call.error}`;
  if (call.end === null) return "no answer";
  try {
    return describeAnswer(call, base);
  } catch {
    // A broken adapter may answer anything.
    return brief(call.answer);
  }
}
