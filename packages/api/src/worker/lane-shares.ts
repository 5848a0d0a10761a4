import type { LaneShare } from "../contract/poll.ts";

/**
 * Divides a worker's free places among its lanes by weight. Each lane is offered its share first, then every lane what
 * the others left, so that nothing stays idle; what a share loses by rounding is carried over, so that no lane starves
 * even when only one place is free at a time (smooth weighted round-robin).
 */
export class LaneShares {
  readonly #lanes: { readonly lane: string; readonly part: number; carry: number }[];

  constructor(weights: ReadonlyMap<string, number>) {
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    this.#lanes = [...weights].map(([lane, weight]) => ({ lane, part: weight / total, carry: 0 }));
  }

  /** The lanes of a poll for this many jobs. */
  divide(limit: number): LaneShare[] {
    if (this.#lanes.length === 1) return this.#lanes.map(({ lane }) => lane);
    let left = limit;
    const offers = this.#lanes.map((entry) => {
      entry.carry += entry.part * limit;
      const share = Math.max(0, Math.min(left, Math.floor(entry.carry + 1e-9)));
      left -= share;
      return { entry, share };
    });
    // Those to whom most is owed come first, for the places that rounding left over and in the order of service.
    offers.sort((a, b) => b.entry.carry - b.share - (a.entry.carry - a.share));
    for (const offer of offers) {
      if (left > 0) {
        offer.share++;
        left--;
      }
      offer.entry.carry -= offer.share;
    }
    const shares = offers
      .filter(({ share }) => share > 0)
      .map(({ entry, share }) => ({ lane: entry.lane, limit: share }));
    return [...shares, ...offers.map(({ entry }) => entry.lane)];
  }
}
