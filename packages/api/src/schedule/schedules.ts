import type { Settings } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";
import type { Found } from "../contract/query.ts";
import { QueueError } from "../errors.ts";
import { equalJson } from "../semantics/matches.ts";
import type { AddOptions } from "../queue/add-options.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import { asJson, checkName, define, type Definition, definitionOf, type ScheduleOptions } from "./definition.ts";
import { isLive, isSchedule, LANE, nameOf, type Schedule, scheduleId, scheduleOf } from "./schedule.ts";
import { anew, courseOf, PAUSED, planned, SCHEDULED } from "./tick.ts";
import type { When } from "./when.ts";

const PAGE = 1000;
const WEEK = 7 * 86_400_000;
/** A process that dies over a tick costs its schedule an attempt; the schedule must not fail for it. */
const ENDLESS = { maxAttempts: 1_000_000, backoff: { type: "fixed", delayMs: 0 } } as const;

/** What is needed of a store. */
type ScheduleStore = Pick<Store, "get" | "insert" | "cas" | "list" | "remove">;

/** Brings a job into the store's form, checked against the catalogue. */
type Build = (type: string, payload: unknown, options: AddOptions | undefined) => JobInput;

/**
 * The schedules of a store. Each is a job in a reserved lane and state, due at its next tick, with its definition as the
 * payload; so it is kept, fenced and found as any job is, on every backend.
 */
export class Schedules {
  readonly #store: ScheduleStore;
  readonly #build: Build;

  constructor(store: ScheduleStore, build: Build) {
    this.#store = store;
    this.#build = build;
  }

  /** Makes a schedule, or changes the one of this name. Where it is so already, nothing is written. */
  async put(name: string, when: When, type: string, payload: unknown, options: ScheduleOptions): Promise<Schedule> {
    const definition = define(name, when, options, (job) => this.#build(type, payload, job));
    const id = scheduleId(name);
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (job) {
        if (equalJson(job.payload, asJson(definition)) && !wasStopped(job)) return this.#plan(id, job);
        if (await this.#change(job, revision(job, definition))) return this.#plan(id);
      } else if (await this.#insert(id, definition)) return this.#plan(id);
    }
  }

  /** All of them, by name. */
  async list(): Promise<Schedule[]> {
    const schedules: Schedule[] = [];
    let after: string | undefined;
    do {
      const page = await this.#store.list({ lanes: [LANE], limit: PAGE, ...(after !== undefined && { after }) });
      schedules.push(...page.items.filter(isSchedule).map(scheduleOf));
      after = page.after;
    } while (after !== undefined);
    return schedules.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Ticks have no jobs until it is resumed. Null when there is no such schedule. */
  pause(name: string): Promise<Schedule | null> {
    return this.#switch("pause", name, (job) => (isLive(job) ? { state: PAUSED, attempt: 0 } : undefined));
  }

  /** Goes on with the first tick from now. Null when there is no such schedule. */
  resume(name: string): Promise<Schedule | null> {
    return this.#switch("resume", name, (job) => (job.state === PAUSED ? anew(courseOf(job)) : undefined));
  }

  /** Removes a schedule; the jobs that it has added stay. False when there is none. */
  async remove(name: string): Promise<boolean> {
    checkName(name, "remove");
    return (await this.#store.remove({ ids: [scheduleId(name)] })) > 0;
  }

  async #switch(verb: string, name: string, decide: (job: Job) => Settings | undefined): Promise<Schedule | null> {
    checkName(name, verb);
    const id = scheduleId(name);
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return null;
      const set = decide(job);
      if (set === undefined) return scheduleOf(job);
      if (await this.#change(job, set)) return this.#plan(id);
    }
  }

  /** Works out the first tick, by the store's clock, unless a process that ticks has been quicker. */
  async #plan(id: string, found?: Job): Promise<Schedule> {
    for (let job: Found | undefined = found; ; job = undefined) {
      job ??= (await this.#store.get([id]))[0];
      if (!job) throw new QueueError("MISSING", `The schedule ${nameOf(id)} was removed by somebody else just now.`);
      const course = courseOf(job);
      if (job.state !== SCHEDULED || course.next !== undefined) return scheduleOf(job);
      await this.#change(job, planned(definitionOf(job), course, job.updatedAt));
    }
  }

  async #insert(id: string, definition: Definition): Promise<boolean> {
    // One that has ended stays listed for a while.
    const keep = { completed: WEEK };
    const [outcome] = await this.#store.insert([
      { id, type: "$schedule", payload: definition, state: SCHEDULED, keep, ...ENDLESS },
    ]);
    return outcome?.status === "added";
  }

  async #change({ id, version }: Job, set: Settings): Promise<boolean> {
    const [outcome] = await this.#store.cas([{ id, expect: { version }, set }]);
    return outcome?.status === "ok";
  }
}

/** Somebody cancelled the job that it is. A schedule is stopped by pausing or removing it. */
function wasStopped({ state }: Job): boolean {
  return state === "cancelled" || state === "failed";
}

/** A new definition for a schedule. Only another timetable makes it begin anew; a pause goes on. */
function revision(job: Job, definition: Definition): Settings {
  const payload = asJson(definition);
  if (job.state === PAUSED) return { payload };
  // The state ends the lease of a process that is just ticking by the old definition: it then adds nothing.
  if (isLive(job) && equalJson(timetableOf(definitionOf(job)), timetableOf(definition))) {
    return { payload, state: SCHEDULED, attempt: 0 };
  }
  return { payload, ...anew(courseOf(job)) };
}

function timetableOf({ when }: Definition): Json {
  return when;
}
