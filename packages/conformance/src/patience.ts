import { CASE_DEADLINE, type CaseOutcome, type CaseSettings, type Lateness } from "./run-case.ts";

/** How long a case may take once others have hung, in milliseconds: no right adapter needs more, even on a slow machine. */
const SHORT = 20_000;

/**
 * How long the cases of a run are waited for. An adapter that has let cases wait to their deadline will do it again, and is
 * waited for less; what does not end then is not judged by that.
 */
export class Patience {
  readonly #hung = new Set<string>();
  #times = 0;

  /** What the next case is given. */
  get settings(): Required<Pick<CaseSettings, "deadlineMs" | "hung">> {
    return { deadlineMs: this.#times < 2 ? CASE_DEADLINE : SHORT, hung: this.#hung };
  }

  /** Learns from what became of a case. */
  note(result: CaseOutcome): void {
    if (result.outcome !== "failed" || result.late === undefined) return;
    this.#times += 1;
    for (const verb of result.late.verbs) this.#hung.add(verb);
  }
}

/** Why a case is not judged that was not waited for to the end. */
export function impatience({ verbs, ms }: Lateness): string {
  const who = verbs.length > 0 ? verbs.map((verb) => `\`${verb}\``).join(", ") : "it";
  return `not judged: ${who} had not ended after ${Math.round(ms / 1000)} seconds, and was not waited for any longer, since other cases never ended`;
}
