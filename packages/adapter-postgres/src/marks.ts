import type { ClaimedJobs } from "./claimed.ts";
import { END_OF_LANE, isBehind, type Mark, type Place, placeOfNext } from "./mark.ts";
import { LONG_PAGES } from "./sql/poll-answer.ts";

/** How long marks are believed at least, in milliseconds. */
const LIFETIME = 1000;

/** Where looks from the beginning are long, they take one part in so many of the time. */
const SHARE = 10;

/** What a look takes beyond so much for each of its pages, it waited, be it for somebody's lock or for a server that stood still. */
const MS_PER_PAGE = 0.5;

/** What was added so many milliseconds before a claim may be committed after it, and belongs below where that left off. */
const SLACK = 100;

/** How many jobs claimed within that time leave enough behind to be worth a mark. */
const MANY_JOBS = 500;

/** How many pages of the index a claim may read, beyond what its jobs need, before it is worth a mark. */
const MANY_PAGES = 20;
const JOBS_PER_PAGE = 50;

/** Where the jobs were that a poll claimed in one lane, in poll order. */
export type ClaimedPlaces = Pick<ClaimedJobs, "lane" | "priority" | "runAt" | "seq">;

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
  /** In which lanes it saw the end, if it read many pages. */
  readonly through: readonly string[];
  /** Up to which place it saw nothing more of these types, where it stopped at its bound of candidates. */
  readonly cut: readonly (readonly [lane: string, place: Place])[];
  /** In which lanes it made jobs ready, anywhere. */
  readonly came: readonly string[];
  /** Whether it found as many jobs as it wanted. */
  readonly isFull: boolean;
}

/** What a poll knew of the marks when it was sent; what it finds is weighed against what has come in since. */
export interface Ticket {
  /** The marks it was given, as JSON, or null without any. */
  readonly given: string | null;
  /** The filter by type; undefined where no jobs are wanted. */
  readonly types: string | undefined;
  readonly lanes: readonly string[] | undefined;
  /** In which lanes it took for granted that nothing is below the mark. */
  readonly believed: ReadonlySet<string>;
  /** How many drops there had been. */
  readonly drops: number;
}

/**
 * Remembers below which place lanes hold nothing more, for claims that would otherwise walk over the index entries of
 * thousands of claimed jobs, which stay until the next vacuum, or for as long as somebody keeps an old snapshot open. Only
 * hints: a mark is dropped when something may have come in below it, and after a second at the latest; and there are none
 * while little is claimed.
 *
 * Where the look from the beginning is long, that takes too much of the time: then marks last longer, and nobody asks what
 * is below; also of lanes in which nothing is left. What comes in drops none, but where it is missed one look from the
 * beginning is made in the mark's time. It is also remembered below which token no lease is left (ADR 11).
 */
export class Marks {
  /** By filter, since what one has left behind may fit another, and by lane. */
  readonly #marks = new Map<string, Map<string, Mark>>();
  /** By lanes, below which token none of them is leased. */
  readonly #held = new Map<string, number>();
  /** At which drop something last came into a lane. */
  readonly #cameAt = new Map<string, number>();
  /** By filter and lane, where something that came in was missed. */
  readonly #missed = new Set<string>();
  /** By lane, of marks that are over. */
  #priorities = new Map<string, number>();
  #drops = 0;
  #clearedAt = 0;
  /** How many pages the last look from the beginning had to read beyond what its jobs need. */
  #cost = 0;
  #lifetime = LIFETIME;
  #since = 0;
  #claimed = 0;
  #claimedBefore = 0;

  /** For a poll of these lanes and types. */
  ticket(lanes: readonly string[] | undefined, types: readonly string[] | undefined): Ticket {
    this.#age();
    const filter = nameOf(types);
    const given = this.#marks.get(filter)?.size ? this.#givenTo(filter, lanes) : null;
    return this.#issue(given, lanes, filter);
  }

  /** For a poll that wants no jobs. */
  ticketForLeases(lanes: readonly string[] | undefined, types: readonly string[] | undefined): Ticket {
    this.#age();
    return this.#issue(this.#isLong ? this.#givenTo(nameOf(types), lanes) : null, lanes);
  }

  /** Learns from a poll that claimed these jobs. True if it may have missed some, and the next one finds them. */
  learn(ticket: Ticket, found: readonly ClaimedPlaces[], look: Look): boolean {
    const { at, pages, ms, held, came, isFull } = look;
    const { types, drops, believed } = ticket;
    const isOver = drops < this.#clearedAt;
    if (held !== null && !isOver) this.#held.set(nameOf(ticket.lanes), held);
    if (types === undefined) return false;
    const count = found.reduce((sum, { seq }) => sum + seq.length, 0);
    const cost = pages - count / JOBS_PER_PAGE;
    if (ticket.given === null) this.#cost = cost;
    if (believed.size === 0 && cost > LONG_PAGES) {
      this.#lifetime = Math.max(this.#lifetime, SHARE * Math.min(ms, pages * MS_PER_PAGE));
    }
    this.#claimed += count;
    const left = found.filter(({ lane }) => this.#isLong || (this.#cameAt.get(lane) ?? 0) <= drops);
    if (came.length > 0) this.drop(came);
    if (isOver) return false;
    const marks = this.#marksOf(types);
    const isWorthIt = marks.size > 0 || Math.max(this.#claimed, this.#claimedBefore) > MANY_JOBS || cost > MANY_PAGES;
    if (!isWorthIt) return false;
    const places = new Map<string, Place>();
    for (const { lane, priority, runAt, seq } of left) {
      places.set(lane, [priority.at(-1) ?? 0, runAt.at(-1) ?? 0, seq.at(-1) ?? 0]);
    }
    if (this.#isLong) this.#goOn(places, ticket, look);
    for (const [lane, place] of places) marks.set(lane, { place, at, drops });
    return !isFull && believed.size > 0 && this.#lookAgain(marks, ticket, found);
  }

  /**
   * Another process says that something came into these lanes, which is mostly behind what waits there. To look from the
   * beginning each time would take more than the claims themselves where that is a long way; there a mark has its time.
   */
  doubt(lanes: Iterable<string>): void {
    if (this.#isLong || this.#cost <= MANY_PAGES) this.drop(lanes);
  }

  /** Something came into these lanes. Where looks are long, marks stay until a poll finds nothing behind them. */
  drop(lanes: Iterable<string>): void {
    this.#drops++;
    for (const lane of lanes) {
      this.#cameAt.set(lane, this.#drops);
      if (!this.#isLong) for (const marks of this.#marks.values()) marks.delete(lane);
    }
  }

  /** Something may have come into any lane. */
  clear(): void {
    this.#clearedAt = ++this.#drops;
    this.#marks.clear();
    this.#held.clear();
    this.#cameAt.clear();
    this.#missed.clear();
  }

  get #isLong(): boolean {
    return this.#lifetime > LIFETIME;
  }

  #marksOf(filter: string): Map<string, Mark> {
    const marks = this.#marks.get(filter) ?? new Map<string, Mark>();
    this.#marks.set(filter, marks);
    return marks;
  }

  #givenTo(filter: string, lanes: readonly string[] | undefined): object {
    const places = Object.fromEntries(Array.from(this.#marksOf(filter), ([lane, mark]) => [lane, this.#placeOf(mark)]));
    return { lanes: places, ...(this.#isLong && { held: this.#held.get(nameOf(lanes)) ?? 0 }) };
  }

  #issue(given: object | null, lanes: readonly string[] | undefined, types?: string): Ticket {
    const believed = new Set(this.#isLong && types !== undefined ? this.#marks.get(types)?.keys() : []);
    return { given: given && JSON.stringify(given), types, lanes, believed, drops: this.#drops };
  }

  /**
   * Adds how far a poll saw that nothing is left. Where it saw the end of a lane, that is up to where the next job will
   * probably be added; unless it read many pages behind such a place, and found nothing: then up to the end.
   */
  #goOn(places: Map<string, Place>, { believed }: Ticket, { through, cut, at }: Look): void {
    const goOnTo = (lane: string, place: Place): void => {
      const found = places.get(lane);
      if (found === undefined || isBehind(place, found)) places.set(lane, place);
    };
    for (const [lane, place] of cut) if (place[0] >= 0) goOnTo(lane, place);
    for (const lane of through) {
      if (!believed.has(lane)) goOnTo(lane, placeOfNext(at, this.#priorities.get(lane)));
      else if (!places.has(lane)) places.set(lane, END_OF_LANE);
    }
  }

  /** Forgets marks behind which nothing was found, although something came in since they were left. */
  #lookAgain(marks: Map<string, Mark>, ticket: Ticket, found: readonly ClaimedPlaces[]): boolean {
    const served = new Set(found.map(({ lane }) => lane));
    let isMissed = false;
    for (const lane of ticket.lanes ?? ticket.believed) {
      const mark = ticket.believed.has(lane) && !served.has(lane) ? marks.get(lane) : undefined;
      const name = `${ticket.types}\n${lane}`;
      if (mark === undefined || mark.drops >= (this.#cameAt.get(lane) ?? 0) || this.#missed.has(name)) continue;
      this.#missed.add(name);
      marks.delete(lane);
      this.#priorities.set(lane, mark.place[0]);
      isMissed = true;
    }
    return isMissed;
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
    const marks = Array.from(this.#marks.values(), (byLane) => [...byLane]).flat();
    this.#priorities = new Map(marks.map(([lane, { place }]) => [lane, place[0]]));
    this.#lifetime = LIFETIME;
    // Polls that are on their way believe in what is over now, and would prolong it.
    this.clear();
  }
}

/** Of lanes or types; all of them if absent. */
function nameOf(names: readonly string[] | undefined): string {
  return names === undefined ? "*" : JSON.stringify(names);
}
