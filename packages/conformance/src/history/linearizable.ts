/** One operation, as long as it was under way. */
export interface Span {
  readonly begin: number;
  /** Null when nobody heard of its end: it may take effect at any time after its beginning, or never. */
  readonly end: number | null;
}

/** What operations do to a state, one after another. */
export interface Sequential<State, Operation> {
  readonly initial: State;
  /** The state after the operation, or `IMPOSSIBLE` where its answer does not fit. The same object where nothing changes. */
  readonly step: (state: State, operation: Operation) => State | typeof IMPOSSIBLE;
  /** Equal for states that nothing can tell apart. */
  readonly key: (state: State) => string;
  /** Whether it has ended and, in whatever state its answer fits, changes nothing. */
  readonly isReading: (operation: Operation) => boolean;
  /** Equal for operations without an end that do the same to every state, as far as any answer can tell; absent, none do. */
  readonly kind?: (operation: Operation) => string | undefined;
}

/** How long the search may take before it gives up. */
export interface Effort {
  /** How many states it looks at. */
  readonly states?: number;
  /** Until when, as `performance.now()` tells the time. */
  readonly until?: number;
}

/** An operation's answer does not fit the state. */
export const IMPOSSIBLE: unique symbol = Symbol("impossible");

/** What is known of a history: that an order explains it, that none does, or that looking for one took too long. */
export type Verdict = "explained" | "unexplained" | "unknown";

/** How many states the search looks at when nobody says. */
const MOST_STATES = 200_000;

/**
 * Whether some order of the operations, in which none comes before one that had ended when it began, explains every answer.
 * After Wing and Gong, "Testing and verifying concurrent objects" (1993), with the memory of states of Lowe (2017):
 * no pair of what was done and the state it led to is looked at twice. Those without an end may be left out.
 */
export function linearize<State, Operation extends Span>(
  operations: readonly Operation[],
  { initial, step, key, isReading, kind = () => undefined }: Sequential<State, Operation>,
  { states = MOST_STATES, until = Number.POSITIVE_INFINITY }: Effort = {},
): Verdict {
  const spans = operations.toSorted((a, b) => a.begin - b.begin);
  const readings = spans.map((span) => span.end !== null && isReading(span));
  const kinds = spans.map((span) => (span.end === null ? kind(span) : undefined));
  const seen = new Set<string>();

  const search = (state: State, before: bigint): boolean => {
    let done = before;
    for (;;) {
      const next = candidates(spans, done);
      if (next === undefined) return true;
      const answers = firstOfEachKind(next, kinds).map((i) => ({ i, after: step(state, spans[i] as Operation) }));
      // A reading that fits may as well come first: whatever order there is, it is one with this at its head.
      const idle = answers.find(({ i, after }) => after === state && readings[i]);
      if (idle !== undefined) {
        done |= 1n << BigInt(idle.i);
        continue;
      }
      const place = `${done} ${key(state)}`;
      if (seen.has(place)) return false;
      if (seen.size >= states || performance.now() > until) throw new TooLong();
      seen.add(place);
      // One without an end that would change nothing now is as good as left out.
      return answers.some(
        ({ i, after }) =>
          after !== IMPOSSIBLE &&
          (after !== state || spans[i]?.end !== null) &&
          search(after as State, done | (1n << BigInt(i))),
      );
    }
  };

  try {
    return search(initial, 0n) ? "explained" : "unexplained";
  } catch (error) {
    if (error instanceof TooLong) return "unknown";
    throw error;
  }
}

class TooLong extends Error {}

/** Which operations can come next, those with an end first; undefined when all of these are done. */
function candidates(spans: readonly Span[], done: bigint): number[] | undefined {
  let firstEnd = Number.POSITIVE_INFINITY;
  const open: number[] = [];
  for (const [i, { begin, end }] of spans.entries()) {
    // Sorted by their beginnings, so that nothing from here on can come before what has ended by then.
    if (begin > firstEnd) break;
    if ((done >> BigInt(i)) & 1n) continue;
    open.push(i);
    if (end !== null) firstEnd = Math.min(firstEnd, end);
  }
  if (firstEnd === Number.POSITIVE_INFINITY) return undefined;
  const known = open.filter((i) => (spans[i] as Span).begin <= firstEnd);
  return known.sort((a, b) => (spans[a]?.end ?? Infinity) - (spans[b]?.end ?? Infinity));
}

/** Of those of a kind, the one that began first: an order with another one in its place is one with it as well. */
function firstOfEachKind(places: readonly number[], kinds: readonly (string | undefined)[]): number[] {
  const first = new Map<string, number>();
  for (const i of places) {
    const kind = kinds[i];
    if (kind !== undefined) first.set(kind, Math.min(i, first.get(kind) ?? i));
  }
  return places.filter((i) => kinds[i] === undefined || first.get(kinds[i]) === i);
}
