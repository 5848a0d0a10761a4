import {
  CANDIDATE_BOUND,
  decodeCursor,
  encodeCursor,
  isPlaceByLane,
  matches,
  matchesTypes,
  roomIn,
} from "@anyqueue/api";
import type { LaneShare, PollRequest } from "@anyqueue/api";
import { unseal } from "./entry.ts";
import type { Entry } from "./entry.ts";
import type { Lane } from "./lane.ts";
import { useOf } from "./limits.ts";
import { byRank, byTouch } from "./orders.ts";
import type { Ranked, Touched } from "./orders.ts";
import type { Shelf } from "./shelf.ts";
import type { State } from "./state.ts";

/** How far one lane has been looked through. */
type Place = Ranked & Touched;

/** Finds what a poll may take, lane by lane, and remembers how far it came. */
export class Search {
  readonly #request: PollRequest;
  readonly #now: number;
  readonly #places: Map<string, Place>;
  readonly #looked = new Map<string, number>();
  /** How many jobs the limits of a lane still let this poll take (P19). */
  readonly #room = new Map<Lane, number>();
  /** The lanes whose candidates have all been looked at. */
  readonly finished = new Set<string>();
  /** A filter stopped at its bound of candidates. */
  isCutShort = false;

  constructor(request: PollRequest, now: number) {
    this.#request = request;
    this.#now = now;
    this.#places = readCursor(request);
  }

  /** The jobs to take: each lane in order, the lanes in the order given, as many as asked for. */
  choose(state: State, shares: readonly LaneShare[]): Entry[] {
    const chosen: Entry[] = [];
    for (const share of shares) {
      const left = this.#request.limit - chosen.length;
      if (left <= 0) break;
      const [name, limit] = typeof share === "string" ? [share, left] : [share.lane, Math.min(share.limit, left)];
      const lane = state.jobs.lanes.get(name);
      if (lane === undefined) continue;
      const room = this.#room.get(lane) ?? roomIn(useOf(lane), this.#now);
      const before = chosen.length;
      if (Math.min(limit, room) > 0) this.#chooseFrom(lane, Math.min(limit, room), chosen);
      this.#room.set(lane, room - (chosen.length - before));
    }
    return chosen;
  }

  /** Where the next poll goes on, in all lanes: those looked through must not begin again meanwhile. */
  cursor(): string {
    const { order } = this.#request;
    const places = [...this.#places].map(([lane, { job, seq, touched }]) => [
      lane,
      order === "touched" ? [touched] : [job.priority, job.runAt, seq],
    ]);
    return encodeCursor(kindOf(this.#request), places);
  }

  #chooseFrom(lane: Lane, limit: number, chosen: Entry[]): void {
    const shelf = lane.shelves.get(this.#request.from ?? "waiting");
    if (shelf === undefined) return;
    shelf.promote(this.#now);
    const { types, where, after } = this.#request;
    const isFiltered = types !== undefined || where !== undefined || after !== undefined;
    const full = chosen.length + limit;
    for (const entry of this.#candidates(shelf, this.#places.get(lane.name))) {
      const looked = this.#looked.get(lane.name) ?? 0;
      if (isFiltered && looked >= CANDIDATE_BOUND) {
        this.isCutShort = true;
        return;
      }
      this.#looked.set(lane.name, looked + 1);
      this.#places.set(lane.name, placeOf(entry));
      if (accepts(entry, this.#request, this.#now)) chosen.push(entry);
      if (chosen.length >= full) return;
    }
    this.finished.add(lane.name);
  }

  #candidates(shelf: Shelf, place: Place | undefined): Iterable<Entry> {
    if (this.#request.order === "touched" && shelf.touched) return shelf.touched.after(place);
    return shelf.ready.after(place);
  }
}

/** What a poll of certain jobs takes: direct look-ups, under the same conditions and in the same order as any other. */
export function chooseByIds(state: State, lanes: readonly Lane[], request: PollRequest, now: number): Entry[] {
  const { ids = [], from = "waiting", order, limit } = request;
  const entries = [...new Set(ids)].map((id) => state.jobs.get(id)).filter((entry) => entry !== undefined);
  const open = entries.filter(({ job }) => job.state === from && job.lease === undefined);
  const chosen: Entry[] = [];
  for (const lane of lanes) {
    const room = roomIn(useOf(lane), now);
    const mine = open.filter((entry) => entry.job.lane === lane.name && lane.lines.hasTurn(entry));
    const due = mine.filter((entry) => accepts(entry, request, now));
    chosen.push(...due.toSorted(order === "touched" ? byTouch.compare : byRank.compare).slice(0, room));
  }
  return chosen.slice(0, limit);
}

function accepts({ job }: Entry, { types, where }: PollRequest, now: number): boolean {
  // A clock given by the caller can lie before the one that made the job ready.
  if (job.runAt > now || !matchesTypes(types, job.type)) return false;
  return where === undefined || matches(where, unseal(job));
}

function placeOf({ job: { priority, runAt }, seq, touched }: Entry): Place {
  return { job: { priority, runAt }, seq, touched };
}

function readCursor(request: PollRequest): Map<string, Place> {
  const { after, order } = request;
  if (after === undefined) return new Map();
  const places = decodeCursor(kindOf(request), after, isPlaceByLane(order === "touched" ? 1 : 3));
  return new Map(
    places.map(([lane, [first = 0, runAt = 0, seq = 0]]) => [
      lane,
      { job: { priority: first, runAt }, seq, touched: first },
    ]),
  );
}

function kindOf({ order = "priority" }: PollRequest): string {
  return `poll/${order}`;
}
