import { type Change, isQueueError, type JobInput } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { HOUR, LEASE, SECOND, T0 } from "../time.ts";
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
    promise: "P19",
    title: "leaves a lane as it was set when the same is set again because the answer was lost",
    async run(t) {
      for (const failure of FAILURES) {
        const lane = `set-${failure}`;
        const rate = { limit: 1, periodMs: HOUR };
        await t.adapter.configure(lane, { history: "all", rate });
        await t.addAll([{ lane }, { lane }]);
        await t.claim({ lanes: [lane] });
        const store = await t.store(failing(t.adapter, (_, count) => (count === 1 ? failure : undefined)));
        const settings = { concurrency: 9, history: null, rate };
        await isLost(store.configure(lane, settings));
        await store.configure(lane, settings);
        const found = (await t.adapter.lanes({ now: T0 })).find((each) => each.lane === lane);
        same(found?.settings, { concurrency: 9, rate }, "A lane that was set twice alike is set otherwise.");
        same(found?.counts, { active: 1, waiting: 1 }, "A lane that was set twice lost jobs.");
        same(await t.take({ lanes: [lane], limit: 9 }), [], "A rate that was set twice alike let more jobs begin.");
      }
    },
  },
  {
    promise: "P22",
    title:
      "writes an event each time that it is appended, so once more when a call is made again whose answer was lost",
    async run(t) {
      for (const failure of FAILURES) {
        const [id, other] = await t.addAll([{}, {}]);
        const store = await t.store(failing(t.adapter, (_, count) => (count === 1 ? failure : undefined)));
        const entries = [
          { id, event: 1 },
          { id: other, event: 2 },
          { id, event: 3 },
        ];
        await isLost(store.append(entries, { now: T0 }));
        await store.append(entries, { now: T0 });
        const logOf = async (of: string) => (await t.log({ id: of })).map((event) => event.data);
        const expected =
          failure === "before"
            ? [[1, 3], [2]]
            : [
                [1, 3, 1, 3],
                [2, 2],
              ];
        same([await logOf(id), await logOf(other)], expected, `The log is wrong after a call that failed ${failure}.`);
      }
    },
  },
  {
    promise: "P26",
    title: "removes nothing else when a removal is made again whose answer was lost, and counts what was left",
    async run(t) {
      for (const failure of FAILURES) {
        const lane = `removed-${failure}`;
        const [a, b, done, kept] = await t.addAll([{ lane }, { lane }, { lane }, { lane }]);
        await t.apply({ id: done, expect: { state: "waiting" }, set: { state: "completed" } });
        const finished = { lane, states: ["completed"] as const, olderThanMs: 0, limit: 9, now: T0 };
        for (const [query, count] of [
          [{ ids: [a, b] }, 2],
          [finished, 1],
        ] as const) {
          const store = await t.store(failing(t.adapter, (_, number) => (number === 1 ? failure : undefined)));
          await isLost(store.remove(query));
          const expected = failure === "before" ? count : 0;
          same(await store.remove(query), expected, `The count is wrong after a removal that failed ${failure}.`);
        }
        const left = (await t.adapter.get([a, b, done, kept])).map((job) => job?.state ?? null);
        same(left, [null, null, null, "waiting"], "Not just what was to be removed is gone.");
      }
    },
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
