import { AssertionError } from "node:assert/strict";
import { failedAt } from "./check.ts";
import type { Call, Verb } from "./history/call.ts";
import { Counterexample } from "./history/counterexample.ts";
import { describeCalls } from "./history/describe-call.ts";
import { errorText } from "./history/error-text.ts";
import { ScriptCounterexample } from "./model/search.ts";

/** Why a case failed. */
export interface Explanation {
  /** A sentence that says how the promise is broken; further lines show the difference. */
  readonly message: string;
  /** The calls that led there, each a line. */
  readonly history: readonly string[];
  /** What to give to `--replay`, if the failure can be repeated by itself. */
  readonly replay: string | null;
  /** The verb whose answer shows it, as far as that is known: the last that was called. */
  readonly verb?: Verb | "reopen";
  /** The field of that answer which is not as the model's. */
  readonly field?: string;
  /** The calls as plain data, for a file that can be replayed; unlike a seed it is the same in every version of the suite. */
  readonly script?: unknown;
}

/** How many calls a history shows at most: the last ones, which mostly are those that matter. */
const SHOWN_CALLS = 12;

/** Explains what a case threw by the calls that were made until then. */
export function explain(thrown: unknown, calls: readonly Call[]): Explanation {
  const { error, found } = rootOf(thrown);
  if (error instanceof Counterexample) {
    const { message, history, replay } = error;
    return { message, history, replay, ...(error instanceof ScriptCounterexample && error.differing) };
  }
  const moment = error instanceof Error ? failedAt(error) : undefined;
  const before = moment === undefined ? calls : calls.filter(({ begin }) => begin <= moment);
  const { verb } = before.at(-1) ?? {};
  return { message: messageOf(error, before) + found, history: lastOf(before), replay: null, ...(verb && { verb }) };
}

/** What is wrong is told by the check that failed; fast-check only says that one did, and with which input. */
function rootOf(error: unknown): { readonly error: unknown; readonly found: string } {
  const isProperty = error instanceof Error && error.message.startsWith("Property failed after");
  if (!isProperty || error.cause === undefined) return { error, found: "" };
  const [, input] = /^Counterexample: (.*)$/m.exec(error.message) ?? [];
  return { error: error.cause, found: input === undefined ? "" : `\nFound with ${input}` };
}

function messageOf(error: unknown, calls: readonly Call[]): string {
  if (error instanceof AssertionError) return error.message;
  const text = errorText(error);
  const thrower = calls.findLast((call) => call.error === text);
  if (thrower) return `\`${thrower.verb}\` threw ${text}`;
  // Nobody but the suite itself throws these; it stumbles where an answer is not even an array or an object.
  return error instanceof TypeError ? `An answer does not have the form that the contract says (${text}).` : text;
}

function lastOf(calls: readonly Call[]): string[] {
  const looked = calls.slice(-8 * SHOWN_CALLS);
  // Who it was is worth a letter only where there are several.
  const client = looked[0]?.client ?? "";
  const isAlone = calls.every((call) => call.client === client);
  const lines = withShortIds(describeCalls(looked));
  const groups = alikeTogether(isAlone ? lines.map((line) => line.slice(client.length + 2)) : lines);
  const shown = groups.slice(-SHOWN_CALLS);
  const before = calls.length - shown.reduce((sum, { times }) => sum + times, 0);
  const texts = shown.map(({ line, times }) => (times > 1 ? `${line} (${times} times)` : line));
  return before > 0 ? [`… ${before} ${before === 1 ? "call" : "calls"} before`, ...texts] : texts;
}

/** Calls that are alike, and come one after the other, are one line. */
function alikeTogether(lines: readonly string[]): { readonly line: string; times: number }[] {
  const groups: { readonly line: string; times: number }[] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last?.line === line) last.times += 1;
    else groups.push({ line, times: 1 });
  }
  return groups;
}

/** An id that the queue made is long and says nothing: `default:#1` is the first of them. */
function withShortIds(lines: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  const numberOf = (id: string): number => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return number;
  };
  return lines.map((line) => line.replaceAll(MADE_ID, (id) => `#${numberOf(id)}`));
}

const MADE_ID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g;
