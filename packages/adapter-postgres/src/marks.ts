import type { ClaimedJobs } from "./claimed.ts";

/** How long marks are believed at least, in milliseconds. */
const LIFETIME = 1000;

/** Where looks from the beginning are long, they take one part in so many of the time. */
const SHARE = 10;

/** Beneath so many pages of the index a look is not long, but the server is busy. */
const LONG_PAGES = 400;

/** What a look takes beyond so much for each of its pages, it waited, be it for somebody's lock or for a server that stood still. */
const MS_PER_PAGE = 0.5;

/** What was added so many milliseconds before a claim may be committed after it, and belongs below where that left off. */
const SLACK = 100;

/** How many jobs claimed within that time leave enough behind to be worth a mark. */
const MANY_JOBS = 500;

/** How many pages of the index a claim may read, beyond what its jobs need, before it is worth a mark. */
const MANY_PAGES = 20;
const JOBS_PER_PAGE = 50;

/** Where claimed jobs were. */
type ClaimedPlaces = Pick<ClaimedJobs, "lane" | "priority" | "runAt" | "seq">;

/** A place in poll order, and when the claim that left it was made, by the server's clock. */
interface Mark {
  readonly place: Place;
  readonly at: number;
}
type Place = readonly [priority: number, runAt: number, seq: number];

/** What a poll tells besides jobs. */
export interface Look {
  /** The server's clock. */
  readonly at: number;
  /** How many pages of the index of ready jobs were read. */
  readonly pages: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Below this token none of the leases of these lanes is left; null where nobody wanted to know. */
  readonly held: number | null;
}

/** What a poll knew of the marks when it was sent; what it finds is learned only if nothing has come in since. */
export interface Ticket {
  /** The marks it was given, as JSON, or null without any. */
  readonly given: string | null;
  /** The filter by type; undefined where no jobs are wanted. */
  readonly types: string | undefined;
  readonly lanes: string;
  /** How many drops there had been. */
  readonly drops: number;
}

/**
 * Remembers below which place lanes hold nothing more, for claims that would otherwise walk over the index entries of
 * thousands of claimed jobs, which stay until the next vacuum, or for as long as somebody keeps an old snapshot open. Only
 * hints: a mark is dropped when something may have come in below it, and after a second at the latest; and there are none
 * while little is claimed.
 *
 * Where the look from the beginning is long, that takes too much of the time: then marks last longer, nothing that comes
 * in drops them, and nobody asks what is below. It is also remembered below which token no lease is left (ADR 11).
 */
export class Marks {
  readonly #marks = new Map<string, Mark>();
  /** By lanes, below which token none of them is leased. */
  readonly #held = new Map<string, number>();
  /** At which drop something last came into a lane. */
  readonly #droppedAt = new Map<string, number>();
  #drops = 0;
  #clearedAt = 0;
  #types = "";
  /** How many pages the last look from the beginning had to read beyond what its jobs need. */
  #cost = 0;
  #lifetime = LIFETIME;
  #since = 0;
  #claimed = 0;
  #claimedBefore = 0;

  /** For a poll of these lanes and types. */
  ticket(lanes: readonly string[] | undefined, types: readonly string[] | undefined): Ticket {
    this.#age();
    // What one filter has left behind may fit the next.
    const key = types === undefined ? "" : JSON.stringify(types);
    if (key !== this.#types) this.#marks.clear();
    this.#types = key;
    const places = Object.fromEntries(Array.from(this.#marks, ([lane, mark]) => [lane, this.#placeOf(mark)]));
    const given = this.#marks.size === 0 ? null : { lanes: places, ...this.#heldBy(nameOf(lanes)) };
    return this.#issue(given, lanes, key);
  }

  /** For a poll that wants no jobs. */
  ticketForLeases(lanes: readonly string[] | undefined): Ticket {
    this.#age();
    return this.#issue(this.#isLong ? this.#heldBy(nameOf(lanes)) : null, lanes);
  }

  /** Learns from a poll that claimed these jobs. */
  learn(ticket: Ticket, found: readonly ClaimedPlaces[], { at, pages, ms, held }: Look): void {
    if (held !== null && ticket.drops >= this.#clearedAt) this.#held.set(ticket.lanes, held);
    if (ticket.types === undefined) return;
    const count = found.reduce((sum, { seq }) => sum + seq.length, 0);
    const cost = pages - count / JOBS_PER_PAGE;
    if (ticket.given === null) {
      this.#cost = cost;
      if (cost > LONG_PAGES) this.#lifetime = Math.max(this.#lifetime, SHARE * Math.min(ms, pages * MS_PER_PAGE));
    }
    this.#claimed += count;
    if (ticket.types !== this.#types || ticket.drops < this.#clearedAt) return;
    const isWorthIt =
      this.#marks.size > 0 || Math.max(this.#claimed, this.#claimedBefore) > MANY_JOBS || cost > MANY_PAGES;
    if (!isWorthIt) return;
    for (const { lane, priority, runAt, seq } of found) {
      if ((this.#droppedAt.get(lane) ?? 0) > ticket.drops) continue;
      this.#marks.set(lane, { place: [priority.at(-1) ?? 0, runAt.at(-1) ?? 0, seq.at(-1) ?? 0], at });
    }
  }

  /**
   * Another process says that something came into these lanes, which is mostly behind what waits there. To look from the
   * beginning each time would take more than the claims themselves where that is a long way; there a mark has its time.
   */
  doubt(lanes: Iterable<string>): void {
    if (this.#cost <= MANY_PAGES) this.drop(lanes);
  }

  /** Something came into these lanes. Where looks are long, it waits for the next one unless it is behind the mark. */
  drop(lanes: Iterable<string>): void {
    if (this.#isLong) return;
    this.#drops++;
    for (const lane of lanes) {
      this.#marks.delete(lane);
      this.#droppedAt.set(lane, this.#drops);
    }
  }

  /** Something may have come into any lane. */
  clear(): void {
    this.#clearedAt = ++this.#drops;
    this.#marks.clear();
    this.#held.clear();
    this.#droppedAt.clear();
  }

  get #isLong(): boolean {
    return this.#lifetime > LIFETIME;
  }

  #issue(given: object | null, lanes: readonly string[] | undefined, types?: string): Ticket {
    return { given: given && JSON.stringify(given), types, lanes: nameOf(lanes), drops: this.#drops };
  }

  #heldBy(lanes: string): { readonly held?: number } {
    return this.#isLong ? { held: this.#held.get(lanes) ?? 0 } : {};
  }

  #placeOf({ place, at }: Mark): Place {
    const [priority, runAt] = place;
    return this.#isLong && runAt > at - SLACK ? [priority, at - SLACK, 0] : place;
  }

  #age(): void {
    const now = performance.now();
    if (now - this.#since < this.#lifetime) return;
    this.#claimedBefore = now - this.#since < 2 * this.#lifetime ? this.#claimed : 0;
    this.#claimed = 0;
    this.#since = now;
    this.#lifetime = LIFETIME;
    // Polls that are on their way believe in what is over now, and would prolong it.
    this.clear();
  }
}

function nameOf(lanes: readonly string[] | undefined): string {
  return lanes === undefined ? "*" : lanes.join("\n");
}
