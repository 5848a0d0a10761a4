import type { Json } from "../contract/json.ts";
import type { Job } from "../contract/job.ts";
import type { Predicate, Test } from "../contract/predicate.ts";

/** True when the job fulfils the predicate. The one meaning that every backend has to agree with (P9). */
export function matches(predicate: Predicate, job: Job): boolean {
  if ("and" in predicate && Array.isArray(predicate.and))
    return predicate.and.every((part: Predicate) => matches(part, job));
  if ("or" in predicate && Array.isArray(predicate.or))
    return predicate.or.some((part: Predicate) => matches(part, job));
  if ("not" in predicate) return !matches(predicate.not as Predicate, job);
  return Object.entries(predicate as Record<string, Test>).every(([path, test]) => passes(test, valueAt(job, path)));
}

/** The value at a dot-separated path, or undefined. Only own properties count, and array places are numbers. */
export function valueAt(job: object, path: string): Json | undefined {
  let value: unknown = job;
  for (const step of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    if (Array.isArray(value) && step === "length") return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value as Json | undefined;
}

/** Structural equality: the order of keys does not matter, and a value never equals one of another type. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item: Json, i) => equalJson(item, b[i] as Json))
    );
  }
  const left = a as { readonly [key: string]: Json };
  const right = b as { readonly [key: string]: Json };
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key] as Json, right[key] as Json))
  );
}

function passes(test: Test, value: Json | undefined): boolean {
  if (test.exists !== undefined && test.exists !== (value !== undefined)) return false;
  const { exists: _, ...rest } = test;
  if (Object.keys(rest).length === 0) return true;
  if (value === undefined) return false;
  if (test.eq !== undefined && !equalJson(value, test.eq)) return false;
  if (test.ne !== undefined && equalJson(value, test.ne)) return false;
  if (test.in !== undefined && !test.in.some((item) => equalJson(value, item))) return false;
  if (test.prefix !== undefined && !(typeof value === "string" && value.startsWith(test.prefix))) return false;
  return (
    compares(value, test.lt, (order) => order < 0) &&
    compares(value, test.lte, (order) => order <= 0) &&
    compares(value, test.gt, (order) => order > 0) &&
    compares(value, test.gte, (order) => order >= 0)
  );
}

function compares(value: Json, bound: number | string | undefined, fits: (order: number) => boolean): boolean {
  if (bound === undefined) return true;
  if (typeof value === "number" && typeof bound === "number") return fits(value - bound);
  return typeof value === "string" && typeof bound === "string" && fits(byCodePoint(value, bound));
}

/** Orders strings by code point; `<` would order by UTF-16 unit and put U+1F600 before U+FB00. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every other unit, so they move behind U+E000 … U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
