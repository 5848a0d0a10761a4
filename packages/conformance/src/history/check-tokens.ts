import { type Job, laneOf, type PollResult } from "@anyqueue/api";
import type { Call } from "./call.ts";
import { Counterexample } from "./counterexample.ts";
import { describeCall } from "./describe-call.ts";

/** A poll that leased jobs of a lane. */
interface Leasing {
  readonly call: Call;
  readonly end: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Tokens rise within a lane over all its jobs and are never used again, which is what fences out a stale holder (P13): no two
 * leases have one, and a poll that began when another had ended gave higher ones. @throws Counterexample
 */
export function checkTokens(calls: readonly Call[]): void {
  const owners = new Map<string, Call>();
  const polls = new Map<string, Leasing[]>();
  for (const call of calls) {
    for (const [lane, tokens] of tokensOf(call)) {
      for (const token of tokens) {
        const key = `${lane} ${token}`;
        const other = owners.get(key);
        if (other) throw broken(`Token ${token} of lane ${lane} was given to two leases.`, other, call);
        owners.set(key, call);
      }
      const leasing = { call, end: call.end ?? 0, lowest: Math.min(...tokens), highest: Math.max(...tokens) };
      polls.set(lane, [...(polls.get(lane) ?? []), leasing]);
    }
  }
  for (const [lane, leasings] of polls) checkRising(lane, leasings);
}

function checkRising(lane: string, leasings: readonly Leasing[]): void {
  const ended = leasings.toSorted((a, b) => a.end - b.end);
  let next = 0;
  let highest: Leasing | undefined;
  for (const leasing of leasings.toSorted((a, b) => a.call.begin - b.call.begin)) {
    for (let other = ended[next]; other && other.end < leasing.call.begin; other = ended[++next]) {
      if (highest === undefined || other.highest > highest.highest) highest = other;
    }
    if (highest && leasing.lowest <= highest.highest)
      throw broken(`A later lease of lane ${lane} has a lower token than an earlier one.`, highest.call, leasing.call);
  }
}

function tokensOf(call: Call): Map<string, number[]> {
  const tokens = new Map<string, number[]>();
  if (call.verb !== "poll" || call.end === null || call.error !== undefined) return tokens;
  const { jobs, expired } = call.answer as PollResult;
  for (const { id, lease, token } of [...jobs, ...expired] as readonly Job[]) {
    if (lease) tokens.set(laneOf(id), [...(tokens.get(laneOf(id)) ?? []), token]);
  }
  return tokens;
}

function broken(message: string, ...calls: readonly Call[]): Counterexample {
  return new Counterexample(
    message,
    calls.map((call) => describeCall(call)),
  );
}
