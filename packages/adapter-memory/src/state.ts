import { advance, FIFO_KEY, freshJob, isTerminal, mergeSettings, movedEvents } from "@anyqueue/api";
import type { Job, JobEvent, LaneSettings, NewJob } from "@anyqueue/api";
import type { Beginning } from "./beginnings.ts";
import { seal } from "./entry.ts";
import type { Entry, Sealed } from "./entry.ts";
import { Hints } from "./hints.ts";
import { Jobs } from "./jobs.ts";
import { countStart } from "./limits.ts";
import { Log } from "./log.ts";

/** A job that has come to an end, or is gone, which is null. */
interface End {
  readonly id: string;
  readonly state: string | null;
}

/** All that a store knows, and the steps that change it: a job with its events and hints, together. */
export class State {
  readonly jobs = new Jobs();
  readonly log = new Log();
  readonly hints = new Hints();
  /** The last lease token that was given away. Tokens are never used again, also after a removal (P13). */
  token = 0;
  /** How many polls of every lane there have been, so that each begins at another one. */
  round = 0;
  /** Rises with every change, so that a snapshot knows whether there is anything to write. */
  changes = 0;
  #clock = 0;

  /** The time of a call. The store's own clock never goes back, so what was ready stays ready. */
  now(given: number | undefined): number {
    if (given !== undefined) return given;
    this.#clock = Math.max(this.#clock, Date.now());
    return this.#clock;
  }

  /** The job that would be stored now. A lane in insertion order gives a common key to those that have none (P18). */
  fresh(job: NewJob, now: number): Job {
    const isFifo = this.jobs.lanes.get(job.lane)?.settings.order === "fifo" && job.orderingKey === undefined;
    return freshJob(isFifo ? { ...job, orderingKey: FIFO_KEY } : job, now);
  }

  /** Stores a new job. */
  add(job: NewJob, now: number): void {
    this.#add(seal(this.fresh(job, now)), now);
  }

  /** Stores new jobs some of which depend on others (P20). */
  addAll(jobs: Iterable<NewJob>, beginnings: ReadonlyMap<string, Beginning>, now: number): void {
    const ended: Sealed[] = [];
    for (const job of jobs) {
      const beginning = beginnings.get(job.id);
      const sealed = seal(beginning ? begun(this.fresh(job, now), beginning, now) : this.fresh(job, now));
      this.#add(sealed, now, beginning?.state === "blocked" ? beginning.missing : undefined);
      if (sealed.finishedAt !== undefined) ended.push(sealed);
    }
    this.#dropUnkept(ended);
  }

  /** Writes a job that a poll took, with the transition; it counts against the rate of its lane (P19). */
  start(entry: Entry, next: Sealed, now: number): void {
    countStart(this.jobs.lane(next.lane), now);
    this.change(entry, next, this.#logsAll(next) ? movedEvents(entry.job, next, now) : [], now);
  }

  /** Writes a job that somebody took over. */
  takeOver(entry: Entry, next: Sealed, now: number): void {
    this.change(entry, next, movedEvents(entry.job, next, now), now);
  }

  /** Writes a changed job with its events and with what follows from its end; unless nothing is kept of it. */
  change(entry: Entry, next: Sealed, events: readonly JobEvent[], now: number, requeue = false): void {
    this.changes++;
    const isEnd = isTerminal(next.state) && next.state !== entry.job.state;
    if (isEnd && this.jobs.isDropped(next)) {
      this.hints.about(next);
      this.#drop(entry);
      return;
    }
    this.#write(entry, next, events, now, requeue);
    if (isEnd && this.jobs.dependencies.isNeeded(next.id)) this.#tellDependents([next], now);
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

  /** Removes jobs and their events (P26). To those that depend on them it is as if they had never been there (P20). */
  remove(entries: readonly Entry[], now: number): void {
    if (entries.length > 0) this.changes++;
    for (const entry of entries) this.#drop(entry);
    const needed = entries.filter(({ job }) => this.jobs.dependencies.isNeeded(job.id));
    this.#tellDependents(
      needed.map(({ job }) => ({ id: job.id, state: null })),
      now,
    );
    this.finish(now);
  }

  /** Sets a lane's settings: what is absent stays, and `null` resets. */
  configure(name: string, settings: LaneSettings, now: number): void {
    const lane = this.jobs.lane(name);
    lane.settings = mergeSettings(lane.settings, structuredClone(settings));
    if (lane.settings.rate === undefined) lane.bucket = undefined;
    if (settings.keyConcurrency !== undefined) this.jobs.noteLines(lane);
    this.changes++;
    this.hints.lane(name);
    this.finish(now);
  }

  /** Ends a call that changed jobs: gives the turns that became free in it (P18). */
  finish(now: number): void {
    for (const { name } of this.jobs.giveTurns(now)) this.hints.lane(name);
  }

  #add(job: Sealed, now: number, missing?: readonly string[]): void {
    this.changes++;
    this.jobs.add(job, now, missing);
    if (this.#logsAll(job)) this.log.append({ id: job.id, at: now, kind: "inserted", to: job.state });
    this.hints.about(job);
  }

  #write(entry: Entry, next: Sealed, events: readonly JobEvent[], now: number, requeue = false): void {
    this.hints.about(next);
    if (entry.job.lease && !next.lease) this.#hintSlot(next.lane);
    this.jobs.replace(entry, next, now, requeue);
    for (const event of events) if (event.kind !== "moved" || this.#logsAll(next)) this.log.append(event);
  }

  /** Releases or cancels those that wait for jobs that ended or are gone, and so on down the graph, in one loop (P20). */
  #tellDependents(ends: readonly End[], now: number): void {
    const told = [...ends];
    for (const { id, state } of told) {
      for (const { entry, to } of this.jobs.dependencies.judge(id, state)) {
        const next = advance(entry.job, { to, now }) as Sealed;
        this.#write(entry, next, movedEvents(entry.job, next, now), now);
        if (to === "cancelled") told.push(next);
      }
    }
    this.#dropUnkept(told);
  }

  /** Drops those of which nothing is kept, now that nobody needs them. */
  #dropUnkept(ends: readonly End[]): void {
    for (const { id } of ends) {
      const entry = this.jobs.get(id);
      if (entry && this.jobs.isDropped(entry.job)) this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    if (entry.job.lease) this.#hintSlot(entry.job.lane);
    this.jobs.remove(entry);
    this.log.remove(entry.job.id);
  }

  /** A lease has ended, so there may be room for another one (P19). */
  #hintSlot(name: string): void {
    if (this.jobs.lane(name).settings.concurrency !== undefined) this.hints.lane(name);
  }

  #logsAll({ lane }: Sealed): boolean {
    return this.jobs.lane(lane).settings.history === "all";
  }
}

/** A new job as its dependencies let it begin. */
function begun(job: Job, { state }: Beginning, now: number): Job {
  return isTerminal(state) ? { ...job, state, finishedAt: now } : { ...job, state };
}
