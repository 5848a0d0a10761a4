/** How long to go without looking, in milliseconds, should somebody bring back an older state of the store. */
const LIFETIME = 60_000;

/** The lanes that are known to exist, so that an insert need not see to it again. */
export class KnownLanes {
  readonly #lanes = new Set<string>();
  #since = 0;

  /** Of these, the ones that may be new. */
  newOf(lanes: Iterable<string>): string[] {
    if (performance.now() - this.#since > LIFETIME) {
      this.#lanes.clear();
      this.#since = performance.now();
    }
    return [...new Set(lanes)].filter((lane) => !this.#lanes.has(lane));
  }

  /** They exist: what made them is committed. */
  learn(lanes: readonly string[]): void {
    for (const lane of lanes) this.#lanes.add(lane);
  }
}
