import type { Plan } from "../settle.ts";

/** How often a script draws each verb. */
export interface VerbWeights {
  readonly insert: number;
  readonly poll: number;
  readonly cas: number;
  readonly get: number;
  readonly list: number;
  readonly remove: number;
  readonly append: number;
  readonly events: number;
  readonly lanes: number;
  readonly configure: number;
  readonly reopen: number;
}

/** With which chance, in percent, a new job has each of these. */
export interface JobChances {
  readonly priority: number;
  readonly delay: number;
  readonly custom: number;
  readonly type: number;
  readonly group: number;
  readonly payload: number;
  readonly rare: number;
  readonly key: number;
  readonly unique: number;
  readonly depends: number;
  readonly keep: number;
}

/** With which chance, in percent, a poll has each of these. */
export interface PollChances {
  readonly ids: number;
  readonly filter: number;
  readonly custom: number;
  readonly everyLane: number;
  readonly expired: number;
  /** A small limit; else it takes all. */
  readonly few: number;
}

/** How often a change is of each kind. */
export interface ChangeWeights {
  readonly complete: number;
  readonly fail: number;
  readonly giveBack: number;
  readonly renew: number;
  readonly note: number;
  readonly move: number;
  readonly late: number;
  readonly edit: number;
  readonly requeue: number;
  readonly end: number;
  readonly cancel: number;
  readonly revive: number;
  readonly release: number;
  readonly any: number;
}

/** How often each setting of a lane is changed. */
export interface SettingWeights {
  readonly paused: number;
  readonly capacity: number;
  readonly concurrency: number;
  readonly rate: number;
  readonly order: number;
  readonly keyConcurrency: number;
  readonly keep: number;
  readonly history: number;
}

/** What the scripts of a case are mostly about. */
export interface Taste {
  /** Steps with which every script begins. */
  readonly opening?: readonly Plan[];
  readonly lanes: readonly string[];
  /** How many keys, unique keys and the like there are; the fewer, the more often they meet. */
  readonly names: number;
  readonly verbs: VerbWeights;
  readonly job: JobChances;
  readonly poll: PollChances;
  readonly change: ChangeWeights;
  readonly setting: SettingWeights;
  /** With which chance, in percent, a change spawns jobs; with which it has something wrong with it. */
  readonly spawn: number;
  readonly wrong: number;
  /** With which chance, in percent, time goes on to about the end of a lease or a due time before a step. */
  readonly wait: number;
}

/** A bit of everything that is not about shaping. */
export const PLAIN: Taste = {
  lanes: ["main", "side"],
  names: 2,
  verbs: {
    insert: 22,
    poll: 24,
    cas: 30,
    get: 2,
    list: 3,
    remove: 2,
    append: 2,
    events: 2,
    lanes: 3,
    configure: 2,
    reopen: 1,
  },
  job: {
    priority: 25,
    delay: 20,
    custom: 8,
    type: 20,
    group: 10,
    payload: 20,
    rare: 5,
    key: 0,
    unique: 0,
    depends: 0,
    keep: 0,
  },
  poll: { ids: 6, filter: 12, custom: 10, everyLane: 15, expired: 30, few: 50 },
  change: {
    complete: 22,
    fail: 8,
    giveBack: 10,
    renew: 6,
    note: 6,
    move: 8,
    late: 6,
    edit: 8,
    requeue: 4,
    end: 2,
    cancel: 8,
    revive: 7,
    release: 0,
    any: 7,
  },
  setting: { paused: 4, capacity: 0, concurrency: 0, rate: 0, order: 0, keyConcurrency: 0, keep: 0, history: 2 },
  spawn: 4,
  wrong: 12,
  wait: 14,
};
