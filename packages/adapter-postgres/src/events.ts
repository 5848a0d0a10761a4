import {
  decodeCursor,
  encodeCursor,
  type EventPage,
  type EventQuery,
  isPlace,
  type JobEvent,
  wrongCursor,
} from "@anyqueue/api";
import type { Rows, Session } from "./connection.ts";
import type { Statements } from "./statements.ts";

const ALL_KINDS: readonly JobEvent["kind"][] = ["inserted", "moved", "failed", "user"];

/**
 * A place in the log of the store (P23). All that a reader with the snapshot `seen` could see has been answered; of what
 * became visible up to the snapshot `upTo`, if there is one, that up to the event `seq`.
 */
type Place = readonly [epoch: string, seen: string | null, upTo: string | null, seq: number];

/** Reads the log of a job, or of the store, after a cursor (P22, P23). */
export async function events(session: Session, sql: Statements, query: EventQuery): Promise<EventPage> {
  return query.id === undefined ? ofStore(session, sql, query) : ofJob(session, sql, query, query.id);
}

/** The changes of one job wait for each other, so within its log numbers rise in the order of commits. */
async function ofJob(session: Session, sql: Statements, query: EventQuery, id: string): Promise<EventPage> {
  const { after, kinds = ALL_KINDS, limit } = query;
  const [place = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
  const rows = await session.query(sql.eventsOf, [id, place, kinds, limit]);
  const cursors = rows.map(([seq]) => encodeCursor("events", [seq as number]));
  return { items: rows.map(toEvent), cursors, after: cursors.at(-1) ?? encodeCursor("events", [place]) };
}

/**
 * Events are numbered before they are committed, so a number is no cursor: a reader would miss what commits late. What is
 * new is the difference between two snapshots, which no long transaction of a stranger's holds up.
 */
async function ofStore(session: Session, sql: Statements, query: EventQuery): Promise<EventPage> {
  const { after, kinds = ALL_KINDS, limit } = query;
  const place = after === undefined ? undefined : decodeCursor("events", after, isStorePlace);
  const [epoch = null, seen = null, upTo = null, seq = 0] = place ?? [];
  const rows = await session.query(sql.events, [seen, upTo, seq, kinds, limit]);
  // One row more than the events, first: which store this is, and the snapshot that was read.
  const [, thisEpoch, , , snapshot] = rows[0] as readonly [seq: null, epoch: string, at: null, kind: null, up: string];
  if (epoch !== null && epoch !== thisEpoch) throw wrongCursor("events");
  const found = rows.slice(1);
  const within = (at: number): Place => [thisEpoch, seen, snapshot, at];
  const isWhole = found.length < limit;
  const next: Place = isWhole ? [thisEpoch, snapshot, null, 0] : within((found.at(-1)?.[0] as number) ?? seq);
  // Only the rest of what an earlier look saw is over: an empty page says that there is nothing more.
  if (found.length === 0 && upTo !== null) {
    return ofStore(session, sql, { ...query, after: encodeCursor("events", [...next]) });
  }
  // Behind an event in the middle the same difference goes on, whatever has become visible since.
  const places = found.map(([at], i) => (i === found.length - 1 ? next : within(at as number)));
  const cursors = places.map((each) => encodeCursor("events", [...each]));
  return { items: found.map(toEvent), cursors, after: encodeCursor("events", [...next]) };
}

function isStorePlace(value: unknown): value is Place {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [epoch, seen, upTo, seq] = value as unknown[];
  return typeof epoch === "string" && isSnapshot(seen) && isSnapshot(upTo) && Number.isSafeInteger(seq);
}

function isSnapshot(value: unknown): boolean {
  return value === null || (typeof value === "string" && /^\d{1,20}:\d{1,20}:[\d,]*$/.test(value));
}

function toEvent([, id, at, kind, detail]: Rows[number]): JobEvent {
  const event = { id: id as string, at: at as number, kind: kind as JobEvent["kind"] };
  return { ...event, ...(JSON.parse(detail as string) as object) };
}
