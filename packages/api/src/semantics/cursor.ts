import { QueueError } from "../errors.ts";
import type { Json } from "../contract/json.ts";

/**
 * The text of a cursor: what it belongs to, a verb and mostly an order such as `list/poll`, and a place there. Callers
 * pass it on as it is; saying what it belongs to keeps it from being taken for a place somewhere else.
 */
export function encodeCursor(kind: string, place: Json): string {
  return `${kind}:${JSON.stringify(place)}`;
}

/** The place of a cursor. @throws QueueError `INVALID` for any other text, also for a cursor of another kind. */
export function decodeCursor<T>(kind: string, text: string, fits: (place: unknown) => place is T): T {
  const place = text.startsWith(`${kind}:`) ? parse(text.slice(kind.length + 1)) : undefined;
  if (fits(place)) return place;
  throw wrongCursor(kind);
}

/** What to throw for a cursor that is not of this kind. */
export function wrongCursor(kind: string): QueueError {
  const [verb, order] = kind.split("/");
  const [walk, alike] =
    order === undefined ? [`\`${verb}\``, ""] : [`\`${verb}\` in ${order} order`, ", in this order"];
  return new QueueError(
    "INVALID",
    `\`after\` is not a cursor of ${walk}. Pass on the \`after\` of the page before${alike}, or leave it out to begin anew.`,
  );
}

/** Tells whether a value is a place in an order that compares so many numbers. */
export function isPlace(length: number): (value: unknown) => value is readonly number[] {
  return (value): value is readonly number[] =>
    Array.isArray(value) && value.length === length && value.every((item) => typeof item === "number");
}

/** Tells whether a value is a list of lanes, each with a place: how far a filtered poll has looked in them (P9). */
export function isPlaceByLane(
  length: number,
): (value: unknown) => value is readonly (readonly [lane: string, place: readonly number[]])[] {
  const fits = isPlace(length);
  return (value): value is readonly (readonly [lane: string, place: readonly number[]])[] =>
    Array.isArray(value) &&
    value.every(
      (item: unknown) => Array.isArray(item) && item.length === 2 && typeof item[0] === "string" && fits(item[1]),
    );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
