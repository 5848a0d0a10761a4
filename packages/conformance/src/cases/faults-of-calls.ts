import { setTimeout as sleep } from "node:timers/promises";
import { type Change, isQueueError, type Job, type JobInput, type Store } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, present, same } from "../check.ts";
import { wholeLog } from "../read-log.ts";
import { LEASE, SECOND, T0 } from "../time.ts";
import { type Failure, failing } from "../traffic/failing.ts";
import type { HeldJob, Trial } from "../trial.ts";

const FAILURES: readonly Failure[] = ["before", "after"];

/** What becomes of calls that fail, before or after they took effect, for those who call again. */
export const faultsOfCalls: readonly Case[] = [
  {
    promise: "P3",
    title: "adds each job once when the answer to its insert is lost, once or twice, also if it is completed meanwhile",
    async run(t) {
      await Promise.all(
        [1, 2].flatMap((times) =>
          FAILURES.flatMap((failure) =>
            [false, true].map((allOrNone) =>
              insertDespite(t, `lost-${failure}-${times}-${allOrNone}`, failure, times, allOrNone),
            ),
          ),
        ),
      );
    },
  },
  {
    promise: "P12",
    title: "makes a change once when its answer is lost and it is made again, with all that belongs to it",
    async run(t) {
      for (const failure of FAILURES) {
        for (const [name, change] of Object.entries(CHANGES)) {
          const lane = `${failure}-${name}`;
          const id = await t.add({ lane });
          await changeDespite(t, { ...change(await t.claim({ lanes: [lane] })), id }, failure);
        }
      }
    },
  },
  {
    promise: "P15",
    title:
      "charges one attempt for a lease that nobody heard of, and for a rescue whose answer was lost, and loses no job",
    async run(t) {
      const [id] = await t.addAll([{}]);
      const unheard = await t.store(failing(t.adapter, () => "after"));
      const poll = { lanes: ["main"], limit: 1, lease: { ms: LEASE, holder: "ann" }, now: T0 };
      await isLost(unheard.poll(poll));
      same(await t.take({ limit: 9, now: T0 + LEASE - 1 }), [], "A job was given out again while a lease lived.");
      await isLost(unheard.rescue({ limit: 9, now: T0 + LEASE }));
      same((await t.read(id)).attempt, 1, "An attempt was charged for a rescue.");
      const later = T0 + 2 * LEASE;
      const store = await t.store();
      same(await store.rescue({ limit: 9, now: later }), 1, "A job whose lease nobody heard of did not come back.");
      same(await store.rescue({ limit: 9, now: later }), 0, "A job was rescued twice.");
      const { state, attempt, runAt } = await t.read(id);
      same([state, attempt], ["waiting", 1], "A job whose lease nobody heard of was not charged one attempt.");
      const again = await t.claim({ now: runAt });
      same([again.id, again.attempt], [id, 2], "A job whose lease nobody heard of cannot be tried again.");
    },
  },
  {
    promise: "P15",
    title: "brings every job to its one end while any call of its workers may fail, before or after it took effect",
    run: workDespite,
  },
];

/** The jobs of one insert are there once, whatever the store was told. */
async function insertDespite(
  t: Trial,
  lane: string,
  failure: Failure,
  times: number,
  allOrNone: boolean,
): Promise<void> {
  // Somebody works on them while the one who added them does not know yet whether they are there.
  const meanwhile = async (): Promise<void> => {
    for (const job of await t.take({ lanes: [lane] })) await t.complete(job);
  };
  const lossy = failing(t.adapter, (_, count) => (count <= times ? failure : undefined), meanwhile);
  const store = await t.store(lossy);
  const inputs: readonly JobInput[] = [1, 2, 3].map((n) => ({ type: "work.do", lane, payload: n }));
  const outcomes = await store.insert(inputs, { now: T0, allOrNone });
  const statuses = outcomes.map((outcome) => outcome.status);
  same(
    statuses,
    ["added", "added", "added"],
    "Jobs that were added by a call whose answer was lost are not answered `added`.",
  );
  const { items } = await t.adapter.list({ lanes: [lane], limit: 99, now: T0 });
  const numbers = items.map((job) => job.payload);
  same(numbers, [1, 2, 3], "An insert whose answer was lost was not made exactly once.");
}

/** What a holder may make of its job, each of which gives its lease up or names the version that it saw. */
const CHANGES: Readonly<Record<string, (job: HeldJob) => Omit<Change, "id">>> = {
  complete: ({ token }) => ({ expect: { token }, set: { state: "completed", result: { ok: true } }, event: "done" }),
  fail: ({ token }) => ({ expect: { token }, set: { state: "waiting", error: { message: "broke" }, delayMs: SECOND } }),
  requeue: ({ token }) => ({ expect: { token }, set: { state: "waiting", requeue: true } }),
  note: ({ version }) => ({ expect: { version }, set: { progress: 50 }, event: "half" }),
  spawn: ({ token, id, lane }) => ({
    expect: { token },
    set: { state: "completed" },
    spawn: [
      { id: `${id}-child`, lane, type: "work.do", payload: null, state: "waiting", priority: 512, maxAttempts: 3 },
    ],
  }),
};

async function changeDespite(t: Trial, change: Change, failure: Failure): Promise<void> {
  const before = await t.read(change.id);
  const store = await t.store(failing(t.adapter, (_, count) => (count === 1 ? failure : undefined)));
  await isLost(store.cas([change], { now: T0 }));
  const [again] = await store.cas([change], { now: T0 });
  const refused = change.expect.token === undefined ? "conflict" : "stale";
  const expected = failure === "before" ? "ok" : refused;
  same(
    again?.status,
    expected,
    `A change that failed ${failure} it took effect was answered wrong when it was made again.`,
  );
  const after = await t.read(change.id);
  same(after.version, before.version + 1, "A change that was made again was not made exactly once.");
  const events = await t.log({ id: change.id, kinds: ["user", "failed"] });
  const expectedEvents = change.event !== undefined || change.set.error !== undefined ? 1 : 0;
  same(events.length, expectedEvents, "The event of a change that was made again is not in the log exactly once.");
  const children = await t.adapter.get((change.spawn ?? []).map((child) => child.id));
  holds(!children.includes(null), "A job that a change spawned is missing, although the change was made.");
}

async function isLost(call: Promise<unknown>): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  holds(isQueueError(error, "UNAVAILABLE"), "A call whose answer was lost did not fail with `UNAVAILABLE`.");
}

const JOBS = 24;
/** Of so many calls of each verb the first is lost after it took effect, so that somebody leases and nobody hears; another before. */
const CYCLE = 6;
/** So many calls of each verb may fail. Later ones are safe, or one rescue after the other could be lost, each for 10 seconds. */
const UNSAFE = 24;
/** How long all of it may take, on a busy machine. */
const PATIENCE = 40 * SECOND;

/** By the store's clock: whoever holds a job that nobody heard of loses it when its lease ends. */
async function workDespite(t: Trial): Promise<void> {
  const unsteady = failing(t.adapter, (_verb, count) => {
    const place = count > UNSAFE ? 0 : count % CYCLE;
    return place === 1 ? "after" : place === 4 ? "before" : undefined;
  });
  const [queue, calm] = [await t.queue(unsteady), await t.store()];
  const acknowledged = new Set<string>();
  for (let n = 0; n < JOBS; n++) {
    const added = queue.add("work.do", n, { maxAttempts: 1000, backoff: { type: "fixed", delay: 10 } });
    await added.then(
      ({ id }) => acknowledged.add(id),
      (error: unknown) => holds(isQueueError(error, "UNAVAILABLE"), `An insert failed: ${String(error)}`),
    );
  }
  const runs = new Map<string, number[]>();
  const handler = ({ id, token }: Job) => {
    runs.set(id, [...(runs.get(id) ?? []), token]);
    return { token };
  };
  const workers = [1, 2].map(() =>
    queue.work({ "work.do": handler }, { lease: "1s", interval: "50ms", concurrency: 3 }),
  );
  for (const worker of workers) worker.on("error", () => {});
  await untilAllEnded(calm);
  await Promise.all(workers.map((worker) => worker.stop()));
  const { items } = await calm.list({ limit: 999 });
  const numbers = items.map((job) => job.payload);
  same(new Set(numbers).size, numbers.length, "A job was stored twice, since the answer to its insert was lost.");
  for (const id of acknowledged)
    holds(
      items.some((job) => job.id === id),
      "A job was lost, whose insert was acknowledged.",
    );
  for (const job of items) await checkEnd(calm, job, runs.get(job.id) ?? []);
}

/** It ended by the hand of who held it last, and ran again only after a lease that had ended. */
async function checkEnd(store: Store, job: Job, tokens: readonly number[]): Promise<void> {
  const failures = await wholeLog(store, { id: job.id, kinds: ["failed"] });
  const { state, attempt, token, result } = job;
  same([state, result], ["completed", { token }], "A job did not end by the hand of who held it last.");
  same(
    attempt,
    1 + failures.length,
    "A job was not charged one attempt for each lease that ended, and one for its completion.",
  );
  same(new Set(tokens).size, tokens.length, "A job ran twice under one lease.");
  holds(tokens.length <= attempt && tokens.includes(token), "A job ran more often than it was leased, or never.");
}

async function untilAllEnded(store: Store): Promise<void> {
  const end = performance.now() + PATIENCE;
  const states = ["waiting", "delayed", "active"];
  for (;;) {
    const { items } = await store.list({ states, limit: 1 });
    if (items.length === 0) return;
    const left = present(items[0], "A job is not answered.");
    holds(
      performance.now() < end,
      `After ${PATIENCE / SECOND} seconds ${left.id} is still ${left.state}: it has come to rest unended.`,
    );
    await sleep(50);
  }
}
