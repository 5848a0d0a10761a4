import { decodeCursor, encodeCursor, isPlace } from "@anyqueue/api";
import type { EventPage, EventQuery, JobEvent } from "@anyqueue/api";
import { merge } from "./merge.ts";
import { SortedSet, orderBy } from "./sorted-set.ts";

/** One event as it is kept: encoded once, never changed. */
export interface LogRecord {
  /** Its place in the log of the store. Rises, and is never used again. */
  readonly position: number;
  readonly id: string;
  readonly kind: JobEvent["kind"];
  readonly json: string;
}

type Position = Pick<LogRecord, "position">;

const byPosition = orderBy<Position>(({ position }) => position);

const KINDS: readonly JobEvent["kind"][] = ["inserted", "moved", "failed", "user"];

/** The append-only log. Appending costs the same however long a job's log is (P22); a reader misses nothing (P23). */
export class Log {
  /** Apart by kind, so that a reader who wants one kind does not walk over the others. */
  readonly #byKind = new Map(KINDS.map((kind) => [kind, new SortedSet<Position, LogRecord>(byPosition)]));
  readonly #byJob = new Map<string, LogRecord[]>();
  /** The position of the last event ever written. */
  last = 0;

  append(event: JobEvent): void {
    this.restore({ position: this.last + 1, id: event.id, kind: event.kind, json: JSON.stringify(event) });
  }

  /** Puts back a record of a snapshot; they come in order of position. */
  restore(record: LogRecord): void {
    this.last = record.position;
    this.#byKind.get(record.kind)?.add(record);
    const chain = this.#byJob.get(record.id);
    if (chain) chain.push(record);
    else this.#byJob.set(record.id, [record]);
  }

  /** Removes the events of a job (P26). */
  remove(id: string): void {
    for (const record of this.#byJob.get(id) ?? []) this.#byKind.get(record.kind)?.delete(record);
    this.#byJob.delete(id);
  }

  read({ id, after, kinds = KINDS, limit }: EventQuery): EventPage {
    const [position = 0] = after === undefined ? [] : decodeCursor("events", after, isPlace(1));
    const place = { position };
    const records = id === undefined ? this.#ofStore(kinds, place) : this.#ofJob(id, kinds, place);
    const items: JobEvent[] = [];
    const cursors: string[] = [];
    for (const record of records) {
      items.push(JSON.parse(record.json) as JobEvent);
      place.position = record.position;
      cursors.push(encodeCursor("events", [record.position]));
      if (items.length === limit) break;
    }
    return { items, cursors, after: encodeCursor("events", [place.position]) };
  }

  /** All that is in the log, in order. */
  records(): Iterable<LogRecord> {
    return this.#ofStore(KINDS, { position: 0 });
  }

  #ofStore(kinds: readonly JobEvent["kind"][], place: Position): Generator<LogRecord, void, undefined> {
    const streams = [...new Set(kinds)].map((kind) => this.#byKind.get(kind)?.after(place) ?? []);
    return merge(streams, byPosition);
  }

  *#ofJob(id: string, kinds: readonly JobEvent["kind"][], place: Position): Generator<LogRecord, void, undefined> {
    const chain = this.#byJob.get(id) ?? [];
    for (let at = placeBehind(chain, place); at < chain.length; at++) {
      const record = chain[at] as LogRecord;
      if (kinds.includes(record.kind)) yield record;
    }
  }
}

function placeBehind(chain: readonly LogRecord[], { position }: Position): number {
  let low = 0;
  let high = chain.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chain[middle] as LogRecord).position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
