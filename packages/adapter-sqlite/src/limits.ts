import { type Bucket, type LaneSettings, nextStartAt, startsLeft, withStarts } from "@anyqueue/api";
import type { Statements } from "./statements.ts";

/** Whether polls may not take from a lane whatever they want. */
export function hasLimit({ concurrency, rate }: LaneSettings): boolean {
  return concurrency != null || rate != null;
}

/** How many jobs the lanes of a poll still let it take (P19). Lanes without limits cost nothing. */
export class Limits {
  readonly #sql: Statements;
  readonly #now: number;
  readonly #slots = new Map<string, number>();
  readonly #buckets = new Map<string, Bucket | undefined>();

  constructor(sql: Statements, now: number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** How many jobs may be taken from a lane with these settings now. */
  left(lane: string, settings: LaneSettings): number {
    return Math.min(this.#slotsLeft(lane, settings), this.#startsLeft(lane, settings));
  }

  /** The first time at which the lane lets a job start; null when a slot has to be given back first. */
  nextStartAt(lane: string, settings: LaneSettings): number | null {
    if (this.#slotsLeft(lane, settings) <= 0) return null;
    const { rate } = settings;
    return rate == null ? this.#now : nextStartAt(this.#bucketOf(lane), rate, this.#now);
  }

  /** Counts jobs that were taken, of which so many were leased. */
  take(lane: string, { concurrency, rate }: LaneSettings, count: number, leased: number): void {
    if (concurrency != null) this.#slots.set(lane, (this.#slots.get(lane) ?? concurrency) - leased);
    if (rate == null) return;
    const bucket = withStarts(this.#bucketOf(lane), rate, this.#now, count);
    this.#buckets.set(lane, bucket);
    this.#sql.keepBucket.run(bucket.tokens, bucket.at, lane);
  }

  #slotsLeft(lane: string, { concurrency }: LaneSettings): number {
    if (concurrency == null) return Infinity;
    let slots = this.#slots.get(lane);
    if (slots === undefined) {
      slots = concurrency - (this.#sql.countOpen.get(lane, concurrency) ?? 0);
      this.#slots.set(lane, slots);
    }
    return slots;
  }

  #startsLeft(lane: string, { rate }: LaneSettings): number {
    return rate == null ? Infinity : startsLeft(this.#bucketOf(lane), rate, this.#now);
  }

  #bucketOf(lane: string): Bucket | undefined {
    if (!this.#buckets.has(lane)) {
      const [tokens, at] = this.#sql.findBucket.get(lane) ?? [];
      this.#buckets.set(lane, tokens == null || at == null ? undefined : { tokens, at });
    }
    return this.#buckets.get(lane);
  }
}
