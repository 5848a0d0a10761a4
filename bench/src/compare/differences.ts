import type { BenchResult } from "../result.ts";

/** In what two runs differ besides the code; what only one of them has is a difference, too. */
export function differencesOf(before: BenchResult, after: BenchResult): string[] {
  const names = before.subjects
    .map(({ name }) => name)
    .filter((name) => after.subjects.some((subject) => subject.name === name));
  const [old, now] = [before, after].map(({ machine, plan, subjects }) => ({
    // The load of a minute is never the same twice; each run tells of its own if it may matter.
    machine: { ...machine, load: undefined },
    plan,
    subjects: Object.fromEntries(names.map((name) => [name, subjects.find((subject) => subject.name === name)])),
  }));
  return differ("", old, now);
}

/** `{ a: { b: 1 } }` and `{ a: { b: 2 } }` differ in `a b: 1 → 2`. */
function differ(path: string, before: unknown, after: unknown): string[] {
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differ(path === "" ? name : `${path} ${name}`, before[name], after[name]));
  }
  const [old, now] = [textOf(before), textOf(after)];
  return old === now ? [] : [`${path}: ${old} → ${now}`];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (value === undefined) return "not there";
  if (isRecord(value)) return "there";
  // As it is: a configuration is full of quotation marks.
  return typeof value === "string" ? `"${value}"` : JSON.stringify(value);
}
