import type { Job, Settings } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, present, same, status } from "../check.ts";
import { durable } from "../needs.ts";
import { HOUR, LEASE, MINUTE, SECOND, T0 } from "../time.ts";
import type { HeldJob, Trial } from "../trial.ts";

/** Everything that a holder can do to its job. */
const holderActions: readonly (readonly [what: string, set: Settings])[] = [
  ["complete it", { state: "completed", result: "stale" }],
  ["fail it", { state: "failed", error: { message: "stale" } }],
  ["retry it", { state: "waiting", delayMs: 1, error: { message: "stale" } }],
  ["hand it back", { state: "waiting", attempt: 0 }],
  ["requeue it", { state: "waiting", requeue: true }],
  ["renew its lease", { leaseMs: HOUR }],
  ["tell progress", { progress: "stale" }],
  ["cancel it", { cancel: true }],
];

/** How a holder can give its job up. */
const endings: readonly (readonly [how: string, set: Settings])[] = [
  ["completed", { state: "completed", result: 1 }],
  ["failed", { state: "failed", error: { message: "broke" } }],
  ["cancelled", { state: "cancelled" }],
  ["retried", { state: "waiting", error: { message: "broke" } }],
  ["snoozed", { state: "waiting", delayMs: 0, attempt: 0 }],
  ["requeued", { state: "waiting", requeue: true }],
  ["moved on", { state: "parsed" }],
];

/** P13: a lease that has ended, or was given up, gives no right to anything. */
export const fencing: readonly Case[] = [
  {
    promise: "P13",
    scenarios: ["S87"],
    title: "lets a holder do nothing once its lease has ended, though nobody has taken the job over",
    async run(t) {
      await t.add();
      const held = await t.claim();
      await refusesEverything(t, held, held.lease.until, "whose lease has just ended");
      await refusesEverything(t, held, held.lease.until + HOUR, "whose lease ended long ago");
      status(await t.complete(held, 1, held.lease.until - 1), "ok", "A lease was refused in its last millisecond.");
    },
  },
  {
    promise: "P13",
    scenarios: ["S97"],
    title: "does not let a stale holder complete a job that another one holds, whose result is kept",
    async run(t) {
      const id = await t.add();
      const old = await t.claim();
      const rescued = await t.rescue(old.lease.until);
      await refusesEverything(t, old, old.lease.until, "whose job a rescuer holds");
      await t.apply({ id, expect: { token: rescued.token }, set: { state: "waiting" } }, old.lease.until);
      await refusesEverything(t, old, old.lease.until, "whose job went back");
      await refusesEverything(t, rescued, old.lease.until, "that gave its job back");
      const next = await t.claim({ now: old.lease.until, lease: { ms: LEASE, holder: "ann" } });
      await refusesEverything(t, old, old.lease.until, "whose job has a new holder of the same name");
      status(await t.complete(next, "kept", old.lease.until), "ok", "The present holder was refused.");
      await refusesEverything(t, old, old.lease.until, "whose job somebody else completed");
      same((await t.read(id)).result, "kept", "The result of the present holder was lost.");
    },
  },
  {
    promise: "P13",
    scenarios: ["S82", "S83"],
    title: "does not let a holder act again after it gave its job up, in whatever way",
    async run(t) {
      for (const [how, set] of endings) {
        const id = await t.add();
        const held = await t.claim();
        await t.apply({ id, expect: { token: held.token }, set });
        await refusesEverything(t, held, T0, `whose job was ${how}`);
        if (set.state === "waiting") {
          const next = await t.claim({ now: T0 + 1 });
          await refusesEverything(t, held, T0 + 1, `whose job was ${how} and claimed again`);
          await t.complete(next, null, T0 + 1);
        }
      }
    },
  },
  {
    promise: "P13",
    title: "does not let a holder act after an operator took its job away, or retried it",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      await t.apply({ id, expect: { state: "active" }, set: { state: "failed" } });
      await refusesEverything(t, held, T0, "whose job an operator failed");
      await t.apply({ id, expect: { state: "failed" }, set: { state: "waiting" } });
      await refusesEverything(t, held, T0, "whose job an operator retried");
      await t.claim();
      await refusesEverything(t, held, T0, "whose job was retried and claimed");
    },
  },
  {
    promise: "P13",
    scenarios: ["S13", "S14", "S49"],
    title: "does not let a holder act on a new job under the id of its removed one",
    async run(t) {
      const job = t.job();
      await t.adapter.insert([job], { now: T0 });
      const old = await t.claim();
      await t.adapter.remove({ ids: [job.id] });
      await t.adapter.insert([job], { now: T0 });
      await refusesEverything(t, old, T0, "whose job was removed and inserted anew");
      const next = await t.claim();
      holds(next.token > old.token, "A token was used again after its job was removed.");
      await refusesEverything(t, old, T0, "whose job was removed, inserted anew and claimed");
      status(await t.complete(next), "ok", "The holder of the new job was refused.");
    },
  },
  {
    promise: "P13",
    scenarios: ["S13"],
    title: "gives rising tokens within a lane, over all of its jobs, also when all of them are removed",
    async run(t) {
      let last = 0;
      for (let round = 0; round < 5; round++) {
        const ids = await t.addAll([{}, {}, { delayMs: HOUR }]);
        const jobs = await t.take({ limit: 2 });
        for (const token of jobs.map((job) => job.token).sort((a, b) => a - b)) {
          holds(token > last, `A token was given that is not above the one before: ${token} after ${last}.`);
          last = token;
        }
        await t.adapter.remove({ ids });
      }
      const id = await t.add();
      const held = await t.claim();
      await t.complete(held);
      await t.apply({ id, expect: { state: "completed" }, set: { state: "waiting" } });
      holds((await t.claim()).token > held.token, "A job got a token that is not above its last one.");
    },
  },
  {
    promise: "P13",
    scenarios: ["S13", "S72"],
    title: "never gives a token again, also after everything was removed and the store was opened again",
    needs: durable,
    async run(t) {
      const ids = await t.addAll([{}, {}, {}]);
      const jobs = await t.take({ limit: 3 });
      const highest = Math.max(...jobs.map((job) => job.token));
      await t.adapter.remove({ ids });
      await t.adapter.close();
      const again = await t.reopen();
      await again.insert([t.job({ id: ids[0] })], { now: T0 });
      const next = await t.claim({}, again);
      holds(next.token > highest, "A token was given again after the store was opened again.");
    },
  },
  {
    promise: "P13",
    title: "takes no token for a lease where there is none",
    async run(t) {
      const id = await t.add();
      for (const token of [0, 1]) {
        const outcome = await t.cas({ id, expect: { token }, set: { priority: 1 } });
        same(
          outcome,
          { status: "stale", state: "waiting", token: 0, version: 1 },
          `Token ${token} passed for a lease.`,
        );
      }
    },
  },
  {
    promise: "P13",
    title: "fences events that come with a token, and takes those without one",
    async run(t) {
      const id = await t.add();
      const old = await t.claim();
      const entry = (token?: number) => ({ id, event: token ?? "free", ...(token !== undefined && { token }) });
      const during = await t.adapter.append([entry(old.token), entry(old.token + 1), entry()], { now: T0 });
      same(during, [{ status: "ok" }, { status: "stale" }, { status: "ok" }], "Events were not fenced by the lease.");
      const ended = await t.adapter.append([entry(old.token)], { now: old.lease.until });
      same(ended, [{ status: "stale" }], "A lease that had ended let an event through.");
      const rescued = await t.rescue(old.lease.until);
      const now = old.lease.until + 1;
      const both = await t.adapter.append([entry(old.token), entry(rescued.token)], { now });
      same(
        both,
        [{ status: "stale" }, { status: "ok" }],
        "The old holder wrote into the log, or the new one could not.",
      );
      await t.adapter.remove({ ids: [id] });
      same(await t.adapter.append([entry(rescued.token)], { now }), [{ status: "missing" }], "The job is not there.");
    },
  },
  {
    promise: "P13",
    scenarios: ["S86"],
    title: "lets a holder that renews go on past its first lease, and no further than its last one",
    async run(t) {
      const id = await t.add();
      const held = await t.claim({ lease: { ms: SECOND, holder: "ann" } });
      let now = T0;
      for (let i = 0; i < 5; i++) {
        now += 900;
        await t.apply({ id, expect: { token: held.token }, set: { leaseMs: SECOND } }, now);
      }
      const late = await t.cas({ id, expect: { token: held.token }, set: { leaseMs: MINUTE } }, now + SECOND);
      status(late, "stale", "A lease was renewed after it had ended.");
      status(await t.complete(held, null, now + 999), "ok", "A holder that renewed its lease was refused.");
    },
  },
  {
    promise: "P13",
    title: "lets no refused change touch the jobs that wait for its job",
    async run(t) {
      const id = await t.add();
      const others = await t.addAll([
        { dependsOn: [id], onParent: "cancel" },
        { dependsOn: [id], onParent: "release" },
      ]);
      const held = await t.claim();
      const before = await t.adapter.get(others);
      const [late, early] = [held.lease.until, T0];
      for (const state of ["completed", "failed", "cancelled"]) {
        status(await t.cas({ id, expect: { token: held.token }, set: { state } }, late), "stale", "A lease had ended.");
        status(
          await t.cas({ id, expect: { token: held.token + 1 }, set: { state } }, early),
          "stale",
          "A token is wrong.",
        );
      }
      await t.poll({ limit: 9, now: late });
      same(await t.adapter.get(others), before, "A job learned of an end that never came to be.");
      await t.complete(held);
      const states = (await t.adapter.get(others)).map((job) => job?.state);
      same(states, ["waiting", "waiting"], "A job does not go on though the one that it waited for is completed.");
    },
  },
];

/** Tries everything that a holder can do; all of it has to be stale and without a trace. */
async function refusesEverything(t: Trial, held: HeldJob, now: number, whose: string): Promise<void> {
  const before = await t.adapter.get([held.id]);
  const log = await t.log({ id: held.id });
  for (const [what, set] of holderActions) {
    const change = { id: held.id, expect: { token: held.token }, set, event: "stale", spawn: [t.job()] };
    const outcome = await t.cas(change, now);
    const broken = `A holder ${whose} was let ${what}`;
    status(outcome, "stale", broken);
    const job: Job = present(before[0], "The job is gone.");
    const { state, token, version } = job;
    same(outcome, { status: "stale", state, token, version }, "`stale` does not tell what the job is now");
    const alone = await t.cas({ id: held.id, expect: { token: held.token }, set }, now);
    status(alone, "stale", broken);
    same(await t.adapter.get([held.id, change.spawn[0]?.id ?? ""]), [job, null], `${broken}, in part`);
  }
  same(await t.log({ id: held.id }), log, `A holder ${whose} wrote into the log`);
}
