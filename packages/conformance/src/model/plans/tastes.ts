import { PLAIN, type Taste } from "./taste.ts";

/** What the scripts of each case of the model are about, by a name that goes into its replays. */
export const TASTES = {
  /** Which jobs are stored, and what comes back (P3). */
  storing: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 40, poll: 12, cas: 16, get: 8, list: 8, remove: 8, reopen: 3 },
    job: { ...PLAIN.job, payload: 50, rare: 20, group: 20 },
  },
  /** Which jobs a poll takes, and in which order (P7). */
  choosing: {
    ...PLAIN,
    lanes: ["main", "side", "MAIN"],
    verbs: { ...PLAIN.verbs, insert: 26, poll: 40, cas: 18, append: 4 },
    job: { ...PLAIN.job, priority: 50, delay: 30, custom: 40, type: 40 },
    poll: { ...PLAIN.poll, custom: 35, filter: 25, ids: 10, everyLane: 20, few: 65 },
    change: { ...PLAIN.change, move: 20, requeue: 8 },
    setting: { ...PLAIN.setting, paused: 8 },
  },
  /** Which jobs a condition is true of (P9). */
  filtering: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 30, poll: 26, list: 26, cas: 22 },
    job: { ...PLAIN.job, payload: 90, type: 50, group: 25, custom: 5 },
    poll: { ...PLAIN.poll, filter: 80, expired: 10, few: 30 },
    wait: 5,
  },
  /** What a change comes to (P12). */
  deciding: {
    ...PLAIN,
    lanes: ["main"],
    verbs: { ...PLAIN.verbs, insert: 16, poll: 26, cas: 45 },
    change: { ...PLAIN.change, cancel: 12, renew: 10 },
    spawn: 8,
    wrong: 22,
    wait: 18,
  },
  /** What becomes of jobs whose lease has ended (P15). */
  rescuing: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 14, poll: 40, cas: 32 },
    poll: { ...PLAIN.poll, expired: 75, few: 80 },
    change: { ...PLAIN.change, late: 20, renew: 12, cancel: 10 },
    setting: { ...PLAIN.setting, concurrency: 2 },
    wait: 40,
  },
  /** One job for each unique key (P17). */
  unique: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 34, poll: 20, cas: 34, remove: 4 },
    job: { ...PLAIN.job, unique: 75, depends: 6 },
    change: { ...PLAIN.change, revive: 30, giveBack: 18, fail: 14, any: 10 },
    spawn: 8,
    wait: 18,
  },
  /** One job after the other for each ordering key (P18). */
  keys: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 28, poll: 32, cas: 32, remove: 6, configure: 5 },
    job: { ...PLAIN.job, key: 80, delay: 15, custom: 12, depends: 6 },
    poll: { ...PLAIN.poll, custom: 15, few: 35 },
    change: { ...PLAIN.change, requeue: 10, revive: 12, fail: 14 },
    setting: { ...PLAIN.setting, order: 10, keyConcurrency: 12 },
    spawn: 8,
  },
  /** No more than a lane allows (P19). */
  limits: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 30, poll: 36, cas: 26, configure: 8 },
    job: { ...PLAIN.job, custom: 14, depends: 8 },
    poll: { ...PLAIN.poll, few: 30, expired: 50, ids: 14, custom: 18 },
    setting: { ...PLAIN.setting, paused: 7, capacity: 8, concurrency: 10, rate: 10 },
    spawn: 6,
    wait: 20,
    opening: [
      { verb: "configure", by: "a", lane: "main", settings: { capacity: 4, concurrency: 2 } },
      { verb: "configure", by: "a", lane: "side", settings: { rate: { limit: 2, periodMs: 3000 } } },
    ],
  },
  /** Jobs that wait for others (P20). */
  dependencies: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 34, poll: 22, cas: 32, remove: 6 },
    job: { ...PLAIN.job, depends: 60, priority: 10 },
    poll: { ...PLAIN.poll, few: 25 },
    change: { ...PLAIN.change, complete: 20, end: 22, fail: 12, revive: 12, release: 6, cancel: 10 },
    setting: { ...PLAIN.setting, keep: 2 },
    spawn: 14,
  },
  /** What the log tells (P22). */
  telling: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, append: 14, events: 14, lanes: 6, configure: 3 },
    job: { ...PLAIN.job, depends: 14, custom: 14 },
    poll: { ...PLAIN.poll, custom: 20 },
    change: { ...PLAIN.change, fail: 20, move: 12, end: 6 },
    setting: { ...PLAIN.setting, history: 8, keep: 2 },
    opening: [{ verb: "configure", by: "a", lane: "main", settings: { history: "all" } }],
  },
  /** What is kept, and what is removed (P26). */
  keeping: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 28, remove: 18, configure: 5, list: 5, reopen: 3 },
    job: { ...PLAIN.job, keep: 35, depends: 12 },
    change: { ...PLAIN.change, complete: 40, fail: 14, revive: 10 },
    setting: { ...PLAIN.setting, keep: 12, history: 2 },
    wait: 20,
  },
  /** All of it together (P6). */
  everything: {
    ...PLAIN,
    verbs: { ...PLAIN.verbs, insert: 30, remove: 4, configure: 4, reopen: 2 },
    job: { ...PLAIN.job, key: 30, unique: 20, depends: 25, keep: 10, custom: 12 },
    setting: { paused: 3, capacity: 4, concurrency: 5, rate: 4, order: 2, keyConcurrency: 4, keep: 4, history: 3 },
    spawn: 10,
    wait: 18,
  },
} as const satisfies Readonly<Record<string, Taste>>;

/** What a script can be mostly about. */
export type TasteName = keyof typeof TASTES;

/** Whether there are scripts of this name. */
export function isTaste(name: string): name is TasteName {
  return Object.hasOwn(TASTES, name);
}
