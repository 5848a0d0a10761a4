import type { EventPage, EventQuery, JobEvent } from "@anyqueue/api";
import type { EventRow, Statements } from "./statements.ts";

const ALL_KINDS: readonly JobEvent["kind"][] = ["inserted", "moved", "failed", "user"];

/**
 * Reads the log after a cursor, which is simply the number of an event: SQLite has one writer at a time, so events are
 * numbered in the order in which they become visible (P23).
 */
export function events(sql: Statements, { id, after = "0", kinds = ALL_KINDS, limit }: EventQuery): EventPage {
  const wanted = JSON.stringify(kinds);
  const rows =
    id === undefined
      ? sql.events.all(Number(after), wanted, limit)
      : sql.eventsOf.all(id, Number(after), wanted, limit);
  return { items: rows.map(toEvent), after: String(rows.at(-1)?.[0] ?? after) };
}

function toEvent([, id, at, kind, detail]: EventRow): JobEvent {
  return { id, at, kind: kind as JobEvent["kind"], ...(JSON.parse(detail) as object) };
}
