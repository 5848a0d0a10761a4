import { type Job, laneOf } from "@anyqueue/api";
import type { LeaseName } from "./step.ts";

/** A token that no store comes to in a script. */
const NEVER_GIVEN = 987_654_321_000;

/** The tokens that one store has given out, so that leases can be named alike on all of them. */
export class Tokens {
  readonly #byJob = new Map<string, number[]>();
  readonly #highest = new Map<string, number>();

  /** Notes the leases that a poll gave. Answers what is wrong with them, if anything is (P13). */
  note(jobs: readonly Job[]): string | null {
    const before = new Map(this.#highest);
    for (const { id, lease } of jobs) {
      if (lease === undefined) continue;
      const lane = laneOf(id);
      const last = before.get(lane) ?? 0;
      if (!(lease.token > last)) return `${id} got the token ${lease.token} after ${last} had been used in its lane`;
      this.#highest.set(lane, Math.max(this.#highest.get(lane) ?? 0, lease.token));
      const tokens = this.#byJob.get(id);
      if (tokens) tokens.push(lease.token);
      else this.#byJob.set(id, [lease.token]);
    }
    return null;
  }

  /** The token of a lease that is told by name. */
  of(id: string, lease: LeaseName): number {
    const tokens = this.#byJob.get(id) ?? [];
    return (lease === "never" ? undefined : tokens.at(lease === "last" ? -1 : -2)) ?? NEVER_GIVEN;
  }

  /** What a token stands for, which is the same on every store. */
  nameOf(id: string, token: number): string {
    if (token === 0) return "no token";
    const place = this.#byJob.get(id)?.indexOf(token) ?? -1;
    return place < 0 ? `the unknown token ${token}` : `the token of its lease no. ${place + 1}`;
  }
}
