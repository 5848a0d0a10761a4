import type { Key } from "./difference.ts";

/** Lists in answers, whose items are by place, or by lane or job and then by place. */
const LISTS: ReadonlySet<Key> = new Set(["jobs", "expired", "events"]);

/**
 * The field that differs where the keys lead: of the answer, or of a job, an event or an outcome in it. Nothing where the
 * answers as wholes differ, or an item of a list does.
 */
export function fieldAt(keys: readonly Key[]): string | undefined {
  const names = keys.filter((key) => typeof key === "string");
  const list = LISTS.has(keys[0] ?? "") ? String(keys[0]) : undefined;
  const item = keys.findIndex((key) => typeof key === "number");
  if (list === undefined) return names[0];
  const inside = item < 0 ? undefined : keys.slice(item).find((key) => typeof key === "string");
  return inside === undefined ? list : String(inside);
}
