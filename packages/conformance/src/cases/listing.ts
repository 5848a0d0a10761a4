import type { Adapter, Job, JobQuery } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds } from "../check.ts";
import { HOUR, SECOND, T0 } from "../time.ts";

/** P7, P8: lists, in each of their orders. */
export const listing: readonly Case[] = [
  {
    promise: "P7",
    scenarios: ["S19", "S60"],
    title: "lists in the order in which it polls, and changes nothing by listing",
    async run(t) {
      const [a, b, c, d, e] = await t.addAll([
        { priority: 9 },
        { priority: 1, runAt: T0 },
        { priority: 1, runAt: T0 - 5 },
        { priority: 10 },
        { priority: 1, runAt: T0 - 5 },
      ]);
      const before = await t.adapter.get([a, b, c, d, e]);
      const two = await t.adapter.list({ order: "poll", limit: 2, now: T0 });
      sameIds(two.items, [c, e], "The first two in poll order are wrong.");
      holds(two.after !== undefined, "A page that is not the last one does not say where to go on.");
      const all = await t.adapter.list({ order: "poll", limit: 9, now: T0 });
      sameIds(all.items, [c, e, b, a, d], "A list in poll order is not in poll order.");
      same("after" in all, false, "The last page says where to go on.");
      same(await t.adapter.get([a, b, c, d, e]), before, "Listing changed jobs.");
      sameIds(
        await t.take({ limit: 9 }),
        [c, e, b, a, d],
        "Jobs are not polled in the order in which they are listed.",
      );
    },
  },
  {
    promise: "P7",
    title: "lists over all lanes together in the order of insertion when no order is named",
    async run(t) {
      const ids = await t.addAll([
        { priority: 9 },
        { lane: "b", priority: 1 },
        { delayMs: HOUR },
        { lane: "a", state: "x" },
      ]);
      await t.claim();
      await t.apply({ id: ids[1], expect: { state: "waiting" }, set: { state: "failed" } });
      sameIds((await t.adapter.list({ limit: 9, now: T0 })).items, ids, "A list is not in the order of insertion.");
      const some = await t.adapter.list({ lanes: ["a", "b"], limit: 9, now: T0 });
      sameIds(some.items, [ids[1], ids[3]], "A list of some lanes is wrong.");
      same(await t.adapter.list({ lanes: ["none"], limit: 9, now: T0 }), { items: [] }, "An unknown lane lists jobs.");
      const poll = await t.adapter.list({ order: "poll", states: ["waiting", "delayed", "x"], limit: 9, now: T0 });
      sameIds(poll.items, [ids[3], ids[2]], "A list in poll order over several lanes is wrong.");
    },
  },
  {
    promise: "P7",
    title: "lists finished jobs, and only those, in the order in which they finished",
    async run(t) {
      const [a, b, c, d] = await t.addAll([{}, {}, { lane: "side" }, {}, {}]);
      for (const [id, state, at] of [
        [c, "failed", 1],
        [a, "completed", 2],
        [d, "cancelled", 3],
        [b, "completed", 4],
      ] as const) {
        await t.apply({ id, expect: { state: "waiting" }, set: { state } }, T0 + at);
      }
      const all = await t.adapter.list({ order: "finished", limit: 9, now: T0 });
      sameIds(all.items, [c, a, d, b], "Finished jobs are not in the order in which they finished.");
      const some = await t.adapter.list({
        order: "finished",
        states: ["completed"],
        lanes: ["main"],
        limit: 9,
        now: T0,
      });
      sameIds(some.items, [a, b], "A list of finished jobs does not keep to its filter.");
      await t.apply({ id: a, expect: { state: "completed" }, set: { state: "waiting" } }, T0 + 5);
      const left = await t.adapter.list({ order: "finished", limit: 9, now: T0 });
      sameIds(left.items, [c, d, b], "A job that was retried is listed as finished.");
    },
  },
  {
    promise: "P8",
    scenarios: ["S80", "S96"],
    title: "lists waiting jobs that are not due as `delayed`, and only the others as `waiting`",
    async run(t) {
      const [due, later, custom, active] = await t.addAll([
        { priority: 900 },
        { delayMs: SECOND },
        { state: "fetched", delayMs: SECOND },
        { priority: 1 },
      ]);
      await t.claim();
      const list = async (states: string[], now: number) => (await t.adapter.list({ states, limit: 9, now })).items;
      sameIds(await list(["waiting"], T0), [due], "`waiting` lists jobs that are not due.");
      sameIds(await list(["delayed"], T0), [later], "`delayed` does not list just the waiting jobs that are not due.");
      sameIds(await list(["delayed", "waiting"], T0), [due, later], "`delayed` and `waiting` together are wrong.");
      sameIds(await list(["delayed"], T0 + SECOND), [], "A job is delayed though it is due.");
      sameIds(await list(["waiting"], T0 + SECOND), [due, later], "A job that fell due is not waiting.");
      sameIds(await list(["fetched", "active"], T0), [custom, active], "A list by state is wrong.");
      sameIds(await list([], T0), [], "A list of no states is not empty.");
    },
  },
  {
    promise: "P7",
    title: "pages through each order without a gap or a repetition",
    async run(t) {
      const wishes = Array.from({ length: 53 }, (_, i) => ({
        lane: `lane${i % 3}`,
        priority: (i * 7) % 5,
        runAt: T0 - ((i * 11) % 4),
        group: `g${i % 2}`,
        payload: { n: i },
      }));
      const ids = await t.addAll(wishes);
      const changes = ids.map((id) => ({ id, expect: { state: "waiting" }, set: { state: "completed" } }));
      for (const [i, change] of changes.slice(0, 31).entries()) await t.adapter.cas([change], { now: T0 + (i % 3) });
      const queries: readonly Omit<JobQuery, "limit">[] = [
        { order: "inserted" },
        { order: "poll" },
        { order: "finished" },
        { order: "poll", states: ["waiting"], lanes: ["lane2", "lane0"] },
        { order: "finished", group: "g1" },
        { where: { "payload.n": { gte: 10 } }, types: ["work.*"] },
        { order: "poll", where: { "payload.n": { lt: 40 } } },
      ];
      for (const query of queries) {
        const whole = await t.adapter.list({ ...query, limit: 1000, now: T0 + SECOND });
        holds(whole.items.length > 0, "A list is empty that should not be.");
        for (const limit of [1, 7, whole.items.length, 53]) {
          const paged = await listAll(t.adapter, { ...query, limit, now: T0 + SECOND });
          sameIds(
            paged,
            whole.items.map((job) => job.id),
            `Pages of ${limit} are not the whole list of ${JSON.stringify(query)}.`,
          );
        }
      }
    },
  },
  {
    promise: "P7",
    title: "pages on past jobs that were removed, finished or added meanwhile",
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 12 }, (_, i) => ({ priority: i })));
      for (const order of ["inserted", "poll"] as const) {
        const first = await t.adapter.list({ order, limit: 4, now: T0 });
        const removed = ids.indexOf(first.items[3]?.id ?? "");
        const added = await t.add({ priority: order === "poll" ? 0 : 100 });
        await t.adapter.remove({ ids: [first.items[3]?.id ?? "", first.items[0]?.id ?? ""] });
        const rest = await listAll(t.adapter, { order, limit: 3, now: T0, after: first.after ?? "" });
        const expected = ids.slice(removed + 1);
        const known = rest.filter((job) => job.id !== added);
        sameIds(known, expected, `A list in ${order} order that was read page by page has a gap or a repetition.`);
        ids.splice(removed, 1);
        ids.splice(0, 1);
        await t.adapter.remove({ ids: [added] });
      }
    },
  },
];

async function listAll(adapter: Adapter, query: JobQuery): Promise<readonly Job[]> {
  const items: Job[] = [];
  let { after } = query;
  for (let pages = 0; pages < 1000; pages++) {
    const page = await adapter.list({ ...query, ...(after !== undefined && { after }) });
    holds(page.items.length <= query.limit, "A page is longer than its limit.");
    items.push(...page.items);
    if (page.after === undefined) return items;
    ({ after } = page);
  }
  throw new Error("A list that was read page by page never came to an end.");
}
