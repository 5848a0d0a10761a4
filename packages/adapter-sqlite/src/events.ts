import { decodeCursor, encodeCursor, type EventPage, type EventQuery, isPlace, type JobEvent } from "@anyqueue/api";
import type { EventRow, Statements } from "./statements.ts";

const ALL_KINDS: readonly JobEvent["kind"][] = ["inserted", "moved", "failed", "user"];

/**
 * Reads the log after a cursor, which is simply the number of an event: SQLite has one writer at a time, so events are
 * numbered in the order in which they become visible (P23).
 */
export function events(sql: Statements, { id, after, kinds = ALL_KINDS, limit }: EventQuery): EventPage {
  const wanted = JSON.stringify(kinds);
  const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
  const rows = id === undefined ? sql.events.all(place, wanted, limit) : sql.eventsOf.all(id, place, wanted, limit);
  const cursors = rows.map(([seq]) => encodeCursor("events", [seq]));
  return { items: rows.map(toEvent), cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
}

function toEvent([, id, at, kind, detail]: EventRow): JobEvent {
  return { id, at, kind: kind as JobEvent["kind"], ...(JSON.parse(detail) as object) };
}
