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

/** A place in the order of a poll. */
type Place = Ranked & Touched;

/** How far one lane has been looked through. */
interface Look {
  place: Place | undefined;
  looked: number;
  /** How many jobs the limits of the lane still let this poll take (P19); undefined before it was looked at. */
  room: number | undefined;
  isFinished: boolean;
}

/** Finds what a poll may take, lane by lane, and remembers how far it came. */
export class Search {
  readonly #request: PollRequest;
  readonly #now: number;
  readonly #looks: Map<string, Look>;
  /** A filter stopped at its bound of candidates. */
  isCutShort = false;

  constructor(request: PollRequest, now: number) {
    this.#request = request;
    this.#now = now;
    this.#looks = readCursor(request);
  }

  /** The jobs to take: each lane in order, the lanes in the order given, as many as asked for. */
  choose(state: State, shares: readonly LaneShare[]): Entry[] {
    const chosen: Entry[] = [];
    for (const share of shares) {
      const left = this.#request.limit - chosen.length;
      if (left <= 0) break;
      const lane = state.jobs.lanes.get(nameIn(share));
      if (lane === undefined) continue;
      const look = this.#lookAt(lane);
      const room = (look.room ??= roomIn(useOf(lane), this.#now));
      const limit = Math.min(typeof share === "string" ? left : Math.min(share.limit, left), room);
      const before = chosen.length;
      if (limit > 0) this.#chooseFrom(lane, look, limit, chosen);
      look.room = room - (chosen.length - before);
    }
    return chosen;
  }

  /** Whether all candidates of a lane have been looked at. */
  hasFinished(lane: Lane): boolean {
    return this.#looks.get(lane.name)?.isFinished === true;
  }

  /** Where the next poll goes on, in all lanes: those looked through must not begin again meanwhile. */
  cursor(): string {
    const { order } = this.#request;
    const places = [...this.#looks].flatMap(([lane, { place }]) =>
      place ? [[lane, order === "touched" ? [place.touched] : [place.job.priority, place.job.runAt, place.seq]]] : [],
    );
    return encodeCursor(kindOf(this.#request), places);
  }

  #lookAt({ name }: Lane): Look {
    let look = this.#looks.get(name);
    if (look === undefined) this.#looks.set(name, (look = begin(undefined)));
    return look;
  }

  #chooseFrom(lane: Lane, look: Look, limit: number, chosen: Entry[]): void {
    const shelf = lane.shelves.get(this.#request.from ?? "waiting");
    if (shelf === undefined) return;
    shelf.promote(this.#now);
    const { types, where, after } = this.#request;
    const isFiltered = types !== undefined || where !== undefined || after !== undefined;
    const bound = isFiltered ? CANDIDATE_BOUND : Infinity;
    const full = chosen.length + limit;
    let last: Entry | undefined;
    look.isFinished = true;
    for (const entry of this.#candidates(shelf, look.place)) {
      if (look.looked >= bound) {
        this.isCutShort = true;
        look.isFinished = false;
        break;
      }
      look.looked++;
      last = entry;
      if (accepts(entry, this.#request, this.#now)) chosen.push(entry);
      if (chosen.length >= full) {
        look.isFinished = false;
        break;
      }
    }
    if (last) look.place = placeOf(last);
  }

  #candidates(shelf: Shelf, place: Place | undefined): Iterable<Entry> {
    if (this.#request.order === "touched" && shelf.touched) return shelf.touched.after(place);
    return shelf.ready.after(place);
  }
}

/** The name of the lane that a share is of. */
export function nameIn(share: LaneShare): string {
  return typeof share === "string" ? share : share.lane;
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

function begin(place: Place | undefined): Look {
  return { place, looked: 0, room: undefined, isFinished: false };
}

function readCursor(request: PollRequest): Map<string, Look> {
  const { after, order } = request;
  if (after === undefined) return new Map();
  const places = decodeCursor(kindOf(request), after, isPlaceByLane(order === "touched" ? 1 : 3));
  return new Map(
    places.map(([lane, [first = 0, runAt = 0, seq = 0]]) => [
      lane,
      begin({ job: { priority: first, runAt }, seq, touched: first }),
    ]),
  );
}

function kindOf({ order = "priority" }: PollRequest): string {
  return `poll/${order}`;
}
