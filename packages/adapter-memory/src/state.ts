import { freshJob, movedEvent } from "@anyqueue/api";
import type { JobEvent, NewJob } from "@anyqueue/api";
import { seal } from "./entry.ts";
import type { Entry, Sealed } from "./entry.ts";
import { Hints } from "./hints.ts";
import { Jobs } from "./jobs.ts";
import { Log } from "./log.ts";

/** All that a store knows, and the steps that change it: a job with its events and hints, together. */
export class State {
  readonly jobs = new Jobs();
  readonly log = new Log();
  readonly hints = new Hints();
  /** The last lease token that was given away. Tokens are never used again, also after a removal (P13). */
  token = 0;
  /** How many polls of every lane there have been, so that each begins at another one. */
  turn = 0;
  /** Rises with every change, so that a snapshot knows whether there is anything to write. */
  changes = 0;
  #clock = 0;

  /** The time of a call. The store's own clock never goes back, so what was ready stays ready. */
  now(given: number | undefined): number {
    if (given !== undefined) return given;
    this.#clock = Math.max(this.#clock, Date.now());
    return this.#clock;
  }

  /** Stores a new job. */
  add(fresh: NewJob, now: number): void {
    const job = seal(freshJob(fresh, now));
    this.changes++;
    this.jobs.add(job, now);
    if (this.#logsAll(job)) this.log.append({ id: job.id, at: now, kind: "inserted", to: job.state });
    this.hints.about(job);
  }

  /** Writes a job that a poll moved on, with the transition. */
  move(entry: Entry, next: Sealed, now: number): void {
    const events = next.state === entry.job.state ? [] : [movedEvent(entry.job, next, now)];
    this.change(entry, next, events, now);
  }

  /** Writes a changed job with its events; unless it ended so that its lane keeps nothing of it. */
  change(entry: Entry, next: Sealed, events: readonly JobEvent[], now: number, requeue = false): void {
    this.changes++;
    this.hints.about(next);
    if (this.jobs.dropsAtOnce(next)) {
      this.#drop(entry);
      return;
    }
    this.jobs.replace(entry, next, now, requeue);
    for (const event of events) if (event.kind !== "moved" || this.#logsAll(next)) this.log.append(event);
  }

  /** Writes a job whose lease was prolonged. */
  renew(entry: Entry, next: Sealed): void {
    this.changes++;
    this.jobs.renew(entry, next);
  }

  /** Adds an event to a job's log, which touches the job (P7). */
  note(entry: Entry, event: JobEvent): void {
    this.changes++;
    this.jobs.touch(entry, event.at);
    this.log.append(event);
  }

  /** Removes a job and its events (P26). */
  remove(entry: Entry): void {
    this.changes++;
    this.#drop(entry);
  }

  #drop(entry: Entry): void {
    this.jobs.remove(entry);
    this.log.remove(entry.job.id);
  }

  #logsAll({ lane }: Sealed): boolean {
    return this.jobs.lane(lane).settings.history === "all";
  }
}
