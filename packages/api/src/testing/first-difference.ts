import { show } from "../check/validator.ts";

/**
 * Where a value is not as expected, as a sentence; undefined when it is. Of objects only the fields that are expected are
 * compared; lists have to be as long as expected.
 */
export function firstDifference(expected: unknown, actual: unknown, path = ""): string | undefined {
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length !== actual.length) {
    return `\`${path}\` has ${actual.length} items, not ${expected.length}`;
  }
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    if (Object.is(expected, actual) || (expected === 0 && actual === 0)) return undefined;
    return `\`${path}\` is ${actual === undefined ? "absent" : show(actual)}, not ${show(expected)}`;
  }
  for (const [key, value] of Object.entries(expected)) {
    const difference = firstDifference(
      value,
      Object.hasOwn(actual, key) ? (actual as Record<string, unknown>)[key] : undefined,
      path === "" ? key : `${path}.${key}`,
    );
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** A list, or an object with fields: a `Date` or a `Map` looks empty, and is like no JSON. */
function isObject(value: unknown): value is object {
  return Array.isArray(value) || Object.prototype.toString.call(value) === "[object Object]";
}
