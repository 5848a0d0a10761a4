/** What a case throws that found a fault by chance: what is broken, how it came to it, and how to see it again. */
export class Counterexample extends Error {
  override readonly name = "Counterexample";
  /** The calls that show it, each a line, in the order in which they began. Short enough to be read. */
  readonly history: readonly string[];
  /** What to give to `--replay`; null where chance cannot be repeated, as in a race. */
  readonly replay: string | null;

  constructor(broken: string, history: readonly string[], replay: string | null = null) {
    super(broken);
    this.history = history;
    this.replay = replay;
  }
}
