/** The first place at which two values differ, and what is there. */
export interface Difference {
  /** The keys that lead there; none where the values as wholes are different. */
  readonly keys: readonly Key[];
  readonly actual: unknown;
  readonly expected: unknown;
}

/** The name of a field, or the place in a list. */
export type Key = string | number;

/** Where plain data differs, or null. A field that is `undefined` differs from one that is absent: fields that do not apply are absent. */
export function differenceOf(actual: unknown, expected: unknown, keys: readonly Key[] = []): Difference | null {
  if (Object.is(actual, expected)) return null;
  if (!isContainer(actual) || !isContainer(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    return { keys, actual, expected };
  }
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) {
    return { keys, actual, expected };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const inside = [...keys, Array.isArray(expected) ? Number(key) : key];
    const [a, b] = [actual, expected].map((value) => (Object.hasOwn(value, key) ? valueOf(value, key) : ABSENT));
    const difference = differenceOf(a, b, inside);
    if (difference) return difference;
  }
  return null;
}

/** Keys as they are written: `jobs[1].priority`. */
export function pathOf(keys: readonly Key[]): string {
  return keys
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
}

const ABSENT = Symbol("absent");

/** A value at the place of a difference, as short text. */
export function show(value: unknown): string {
  if (value === ABSENT) return "absent";
  if (value === undefined) return "undefined";
  const text = JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function valueOf(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
