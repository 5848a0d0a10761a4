import { setImmediate as nextTurn } from "node:timers/promises";
import { isQueueError, isTerminal, laneOf, type PollResult, QueueError } from "@anyqueue/api";
import type { Fixture } from "../fixture.ts";
import { errorText } from "../history/error-text.ts";
import { T0 } from "../time.ts";
import { comparable } from "./comparable.ts";
import { differenceOf, type Key, pathOf, show } from "./difference.ts";
import { Known } from "./known.ts";
import { dueAfter, wrongDue } from "./next-due.ts";
import { type Outcome, perform } from "./perform.ts";
import { Side } from "./side.ts";
import type { Step, Wait } from "./step.ts";
import { tidy } from "./tidy.ts";

/** The subject, and the store that it is compared with. */
export interface Rivals {
  readonly subject: Fixture;
  readonly reference: Fixture;
}

/** How the answers to a step differ. */
export interface Disagreement {
  /** The end of a sentence about the subject. */
  readonly told: string;
  /** Where in the answer; nowhere if that has not even the form of one, or something was thrown. */
  readonly keys: readonly Key[];
}

/** Two new stores that are given the same steps, one after the other, and have to answer alike. */
export class Duel {
  readonly subject: Side;
  readonly reference: Side;
  readonly known = new Known();
  now = T0;

  private constructor(subject: Side, reference: Side) {
    this.subject = subject;
    this.reference = reference;
  }

  static async open({ subject, reference }: Rivals): Promise<Duel> {
    // Stores in memory answer without leaving the turn of the event loop, and timers and signals have to have theirs.
    await nextTurn();
    const other = await Side.open(reference);
    try {
      return new Duel(await Side.open(subject), other);
    } catch (error) {
      await other.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    try {
      await this.reference.end();
    } finally {
      await this.subject.end();
    }
  }

  /** Lets both take a step. Answers how they differ, or null. */
  async take(wish: Step): Promise<Disagreement | null> {
    this.now = this.after(wish.wait);
    const step = tidy(wish, this.known, this.now);
    this.known.mention(idsIn(step));
    const { now, known } = this;
    if (mayBringBack(step, known)) await this.#giveTurns();
    for (const side of [this.subject, this.reference]) side.beginStep();
    const own = await perform(this.subject, step, { now, known });
    const followed = await this.#follow(step, own);
    if (!isReading(step)) await known.refresh(this.reference.unnoted);
    return this.#compare(step, own, followed);
  }

  /** The time after waiting so long. */
  after(wait: Wait = 0): number {
    if (typeof wait === "number") return this.now + wait;
    const next = this.known.next(wait.until, this.now);
    return next === undefined ? this.now + 1 : Math.max(this.now, next + wait.plus);
  }

  /**
   * Who is first in a line has a free turn no later than the next poll, and nobody takes it from him (P18). Where somebody may
   * come back into a line ahead of him, there is a poll before that.
   */
  async #giveTurns(): Promise<void> {
    const { now, known } = this;
    const request = { lanes: [...known.lanes], limit: 0 };
    for (const side of [this.subject, this.reference]) {
      await perform(side, { verb: "poll", by: "a", request }, { now, known });
    }
  }

  /** Where the choice is the store's own, the one that is compared with makes the same. */
  async #follow(step: Step, own: Outcome): Promise<Outcome> {
    const { now, known, reference } = this;
    if (step.verb !== "poll" || step.request.lanes || step.request.ids || !("answer" in own))
      return perform(reference, step, { now, known });
    const lanes = lanesServed(own.answer, known.lanes);
    return perform(reference, step, { now, known, lanes });
  }

  async #compare(step: Step, own: Outcome, other: Outcome): Promise<Disagreement | null> {
    if ("thrown" in own || "thrown" in other) {
      const told = thrownDifference(own, other);
      return told === null ? null : { told, keys: [] };
    }
    try {
      return await this.#compareAnswers(step, own.answer, other.answer);
    } catch (error) {
      return { told: `gave an answer that has not the form of the contract (${errorText(error)})`, keys: [] };
    }
  }

  async #compareAnswers(step: Step, own: unknown, other: unknown): Promise<Disagreement | null> {
    const { subject, reference } = this;
    if (step.verb === "poll") {
      const [mine, theirs] = [own, other] as [PollResult, PollResult];
      const wrong = subject.tokens.note([...mine.jobs, ...mine.expired]);
      reference.tokens.note([...theirs.jobs, ...theirs.expired]);
      if (wrong !== null) return { told: `used a token again, or gave a lower one: ${wrong} (P13)`, keys: ["token"] };
    }
    const difference = differenceOf(comparable(step, own, subject.tokens), comparable(step, other, reference.tokens));
    if (difference) {
      const { keys, actual, expected } = difference;
      const place = keys.length === 0 ? "" : ` at \`${pathOf(keys)}\``;
      return { told: `answered otherwise${place}: ${show(actual)} instead of ${show(expected)}`, keys };
    }
    if (step.verb !== "poll") return null;
    const due = await dueAfter(step.request, other as PollResult, reference.unnoted, this.known);
    const wrong = wrongDue(own as PollResult, due);
    return wrong === null ? null : { told: `answered otherwise: ${wrong}`, keys: ["nextDueAt"] };
  }
}

/** Both may refuse a step, such as jobs that would wait for each other in a circle, if they do it with the same code. */
function thrownDifference(own: Outcome, other: Outcome): string | null {
  if ("thrown" in own && "thrown" in other) {
    const code = other.thrown instanceof QueueError ? other.thrown.code : undefined;
    if (code !== undefined && isQueueError(own.thrown, code)) return null;
    return `threw ${errorText(own.thrown)}, and the other ${errorText(other.thrown)}`;
  }
  if ("thrown" in own) return `threw ${errorText(own.thrown)}`;
  return `answered, where the other refuses it: ${"thrown" in other ? errorText(other.thrown) : ""}`;
}

/** Whether a step may bring a job back into the line of its ordering key: one that was over, or that waited for others. */
function mayBringBack(step: Step, known: Known): boolean {
  if (isReading(step) || step.verb === "insert" || step.verb === "append") return false;
  if (known.jobs.some(({ state, orderingKey }) => state === "blocked" && orderingKey !== undefined)) return true;
  const changed = step.verb === "cas" ? step.changes.map(({ id }) => known.get(id)) : [];
  return changed.some((job) => job !== null && job.orderingKey !== undefined && isTerminal(job.state));
}

function isReading({ verb }: Step): boolean {
  return verb === "get" || verb === "list" || verb === "events" || verb === "lanes";
}

/** The ids that a step may bring in. */
function idsIn(step: Step): string[] {
  if (step.verb === "insert") return step.jobs.map(({ id }) => id);
  if (step.verb === "cas") return step.changes.flatMap(({ spawn = [] }) => spawn.map(({ id }) => id));
  return [];
}

/** The lanes in the order in which a poll served them, as far as its answer shows it, and then the others. */
function lanesServed(answer: unknown, lanes: Iterable<string>): readonly string[] {
  const served = (answer as PollResult).jobs.map(({ id }) => laneOf(id));
  return [...new Set([...served, ...lanes])];
}
