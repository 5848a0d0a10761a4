import { type Adapter, isCustom, isTerminal, type Job, laneOf } from "@anyqueue/api";
import type { Moment } from "./step.ts";

/** What kind of job a script wants to meet. */
export type Kind = "any" | "held" | "ended" | "free" | "blocked" | "unfinished" | "parent" | "finished" | "gone";

const FITS: Readonly<Record<Exclude<Kind, "gone" | "parent">, (job: Job, now: number) => boolean>> = {
  any: () => true,
  held: ({ lease }, now) => lease !== undefined && lease.until > now,
  ended: ({ lease }, now) => lease !== undefined && lease.until <= now,
  free: ({ lease, state }) => lease === undefined && state !== "blocked" && !isTerminal(state),
  blocked: ({ state }) => state === "blocked",
  unfinished: ({ state }) => !isTerminal(state),
  finished: ({ state }) => isTerminal(state),
};

const MOMENTS: Readonly<Record<Moment, (job: Job) => readonly number[]>> = {
  lease: ({ lease }) => (lease ? [lease.until] : []),
  due: ({ lease, state, runAt }) => (lease || isTerminal(state) ? [] : [runAt]),
  kept: ({ finishedAt }) => (finishedAt === undefined ? [] : [finishedAt + 10, finishedAt + 1000, finishedAt + 60_000]),
};

/** The jobs that a script has been about so far, as they are in the store that is compared with. */
export class Known {
  readonly #jobs = new Map<string, Job | null>();

  /** Notes ids that a step brings in. */
  mention(ids: Iterable<string>): void {
    for (const id of ids) if (!this.#jobs.has(id)) this.#jobs.set(id, null);
  }

  /** Looks at all of them again. */
  async refresh(store: Adapter): Promise<void> {
    const ids = [...this.#jobs.keys()];
    if (ids.length === 0) return;
    const found = await store.get(ids);
    ids.forEach((id, i) => this.#jobs.set(id, found[i] ?? null));
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  get(id: string): Job | null {
    return this.#jobs.get(id) ?? null;
  }

  /** Those that are kept. */
  get jobs(): readonly Job[] {
    return [...this.#jobs.values()].filter((job) => job !== null);
  }

  /** The ids of a kind, in the order in which they were first mentioned. */
  ids(kind: Kind, now: number): readonly string[] {
    if (kind === "gone") return [...this.#jobs].flatMap(([id, job]) => (job === null ? [id] : []));
    if (kind === "parent") return this.#parents();
    return this.jobs.filter((job) => FITS[kind](job, now)).map(({ id }) => id);
  }

  /** A state of a user's own in which there are jobs that nobody holds: this one, if there are any in it. */
  customState(wish: string): string {
    const states = this.jobs.flatMap(({ state, lease }) => (isCustom(state) && lease === undefined ? [state] : []));
    return states.includes(wish) ? wish : (states[0] ?? wish);
  }

  /** An id of a lane that was never mentioned; the first such one, or one some places on. */
  unused(lane: string, ahead = 0, taken: ReadonlySet<string> = new Set()): string {
    let left = ahead;
    for (let n = 1; ; n++) {
      const id = `${lane}:${n}`;
      if (!this.#jobs.has(id) && !taken.has(id) && left-- <= 0) return id;
    }
  }

  /** When the next moment of a kind comes. */
  next(what: Moment, now: number): number | undefined {
    const ahead = this.jobs.flatMap((job) => MOMENTS[what](job)).filter((time) => time > now);
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  /** The unfinished jobs for which others wait. */
  #parents(): readonly string[] {
    const awaited = new Set(this.jobs.flatMap(({ state, dependsOn = [] }) => (state === "blocked" ? dependsOn : [])));
    return this.jobs.filter(({ id, state }) => awaited.has(id) && !isTerminal(state)).map(({ id }) => id);
  }

  /** The lanes of these jobs. */
  get lanes(): ReadonlySet<string> {
    return new Set([...this.#jobs.keys()].map(laneOf));
  }
}
