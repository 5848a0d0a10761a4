import type { Kind, Known } from "./known.ts";
import type { Step } from "./step.ts";

/** A job that a plan does not name: one of a kind, counted round; or one that is new, or may come later, in a lane. */
type Pick =
  | { readonly pick: Kind | "sibling"; readonly nth: number }
  | { readonly pick: "new" | "future"; readonly lane: string };

/** Each job of a kind, with something about it. */
interface Each {
  readonly each: Kind;
  readonly with?: object;
}

/**
 * A step as it is drawn: like a `Step`, but with a `Pick` where an id may be, and `Each` for a list about ids. Of jobs that are
 * inserted the first drawn may come last (`isReversed`), so that jobs come before those that they depend on.
 */
export interface Plan {
  readonly verb: Step["verb"];
  readonly by: string;
  readonly wait?: Step["wait"];
  readonly [field: string]: unknown;
}

/** Makes a step of a plan: puts ids for picks. */
export function settle(plan: Plan, known: Known, now: number): Step {
  const { isReversed, ...step } = new Settling(known, now).resolve(plan) as Step & { readonly isReversed?: boolean };
  return isReversed && step.verb === "insert" ? { ...step, jobs: step.jobs.toReversed() } : step;
}

class Settling {
  readonly #known: Known;
  readonly #now: number;
  readonly #taken = new Set<string>();

  constructor(known: Known, now: number) {
    this.#known = known;
    this.#now = now;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== "object" || value === null) return value;
    if ("pick" in value) return this.#idOf(value as Pick);
    if ("each" in value) return this.#each(value as Each);
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, this.resolve(item)]));
  }

  #each({ each, with: about }: Each): unknown[] {
    const ids = this.#known.ids(each, this.#now);
    return about === undefined ? [...ids] : ids.map((id) => ({ id, ...about }));
  }

  #idOf(pick: Pick): string {
    if ("lane" in pick) {
      if (pick.pick === "future") return this.#known.unused(pick.lane, 1, this.#taken);
      const id = this.#known.unused(pick.lane, 0, this.#taken);
      this.#taken.add(id);
      return id;
    }
    const ids = pick.pick === "sibling" ? [...this.#taken] : this.#known.ids(pick.pick, this.#now);
    const some = ids.length > 0 ? ids : this.#known.ids("any", this.#now);
    return some[pick.nth % Math.max(1, some.length)] ?? "main:1";
  }
}
