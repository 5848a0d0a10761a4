import { byCodePoint, matches, type Job, type PollRequest, type Predicate } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { holds, idsOf, present, same, sameIds } from "../check.ts";
import { LEASE, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";
import { anyPredicate, hostileStrings, predicateTable, subjects } from "./predicate-table.ts";

/** P9: predicates are data, and mean the same everywhere. */
export const predicates: readonly Case[] = [
  {
    promise: "P9",
    scenarios: ["S11", "S12", "S17", "S18"],
    title: "lists by predicate what the predicate says",
    async run(t) {
      await t.addAll(subjects);
      for (const [predicate, expected] of predicateTable) {
        const { items } = await t.adapter.list({ where: predicate, limit: 100, now: T0 });
        sameIds(items, expected, `The wrong jobs were listed for ${JSON.stringify(predicate)}.`);
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S11", "S12", "S17", "S18"],
    title: "polls by predicate what the predicate says",
    async run(t) {
      await t.addAll(subjects);
      for (const [predicate, expected] of predicateTable) {
        const jobs = await t.take({ where: predicate, limit: 100 });
        sameIds(jobs, expected, `The wrong jobs were polled for ${JSON.stringify(predicate)}.`);
        await putBack(t, jobs);
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S11"],
    title: "expects by predicate what the predicate says",
    async run(t) {
      await t.addAll(subjects);
      for (const [where, expected] of predicateTable) {
        const { items } = await t.adapter.list({ limit: 100, now: T0 });
        const set = { runAt: T0 };
        const changes = items.map(({ id, version }) => ({ id, expect: { version, where }, set }));
        const outcomes = await t.adapter.cas(changes, { now: T0 });
        const changed = items.filter((_, i) => outcomes[i]?.status === "ok");
        sameIds(changed, expected, `The wrong jobs were changed for ${JSON.stringify(where)}.`);
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S17"],
    title: "takes no value for code: quotes, SQL, wildcards and escapes match themselves only",
    async run(t) {
      await t.addAll(hostileStrings.map((text, i) => ({ id: `main:h${i}`, payload: { text, [text]: 1 } })));
      for (const [i, text] of hostileStrings.entries()) {
        const only = [`main:h${i}`];
        for (const where of [{ "payload.text": { eq: text } }, { "payload.text": { in: [text] } }]) {
          const { items } = await t.adapter.list({ where, limit: 100, now: T0 });
          sameIds(items, only, `The value ${JSON.stringify(text)} did not match just itself.`);
        }
        const { items } = await t.adapter.list({ where: { "payload.text": { prefix: text } }, limit: 100, now: T0 });
        const prefixed = hostileStrings.flatMap((other, j) => (other.startsWith(text) ? [`main:h${j}`] : []));
        sameIds(items, prefixed, `The prefix ${JSON.stringify(text)} was not taken literally.`);
        if (text === "" || text.includes(".")) continue;
        const where = { [`payload.${text}`]: { eq: 1 } };
        const byPath = await t.adapter.list({ where, limit: 100, now: T0 });
        sameIds(byPath.items, only, `The path ${JSON.stringify(Object.keys(where)[0])} was not taken literally.`);
        const jobs = await t.take({ where, limit: 100 });
        sameIds(jobs, only, `A poll did not take the path ${JSON.stringify(Object.keys(where)[0])} literally.`);
        await putBack(t, jobs);
      }
    },
  },
  {
    promise: "P9",
    title: "compares strings by code point",
    async run(t) {
      const words = ["", "A", "Z", "a", "aa", "é", "z", "ﬀ", "\uffff", "😀", "😀a", "🦄", "\u{10ffff}", "1", "10", "9"];
      await t.addAll(words.map((word, i) => ({ id: `main:w${i}`, payload: word })));
      for (const bound of words) {
        const tests = {
          lt: (o: number) => o < 0,
          lte: (o: number) => o <= 0,
          gt: (o: number) => o > 0,
          gte: (o: number) => o >= 0,
        };
        for (const [name, fits] of Object.entries(tests)) {
          const { items } = await t.adapter.list({ where: { payload: { [name]: bound } }, limit: 100, now: T0 });
          const expected = words.flatMap((word, i) => (fits(byCodePoint(word, bound)) ? [`main:w${i}`] : []));
          sameIds(items, expected, `Strings do not compare by code point: ${name} ${JSON.stringify(bound)}.`);
        }
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S4"],
    title: "changes nothing by a poll that matches nothing",
    async run(t) {
      const ids = await t.addAll(subjects);
      const before = await t.adapter.get(ids);
      same(await t.take({ where: { id: { eq: "nobody" } }, limit: 9 }), [], "A poll that matches nothing found a job.");
      same(await t.take({ types: ["nobody.**"], limit: 9 }), [], "A poll for other types found a job.");
      same(await t.adapter.get(ids), before, "A poll that found nothing changed jobs.");
    },
  },
  {
    promise: "P9",
    title: "sees every field of a job, as it is before the poll",
    async run(t) {
      await t.add({ payload: { a: 1 }, group: "g", progress: null, lane: "main", priority: 7 });
      const first = await t.claim();
      const set = { state: "waiting", error: { message: "broke", code: "E" } };
      await t.apply({ id: first.id, expect: { token: first.token }, set });
      const job = await t.read(first.id);
      const fields = [
        "id",
        "lane",
        "type",
        "state",
        "priority",
        "runAt",
        "attempt",
        "maxAttempts",
        "token",
        "version",
      ] as const;
      const values: Predicate[] = fields.map((field) => ({ [field]: { eq: job[field] } }));
      values.push({ group: { eq: "g" } }, { progress: { eq: null } }, { "error.message": { eq: "broke" } });
      values.push({ insertedAt: { gte: T0 } }, { lease: { exists: false } }, { result: { exists: false } });
      for (const where of values) {
        const { items } = await t.adapter.list({ where, limit: 9, now: T0 });
        sameIds(items, [job.id], `A predicate does not see a field: ${JSON.stringify(where)}.`);
      }
      sameIds(await t.take({ where: { and: values } }), [job.id], "A poll does not see every field.");
      const held = await t.adapter.list({ where: { "lease.holder": { eq: "ann" } }, limit: 9, now: T0 });
      sameIds(held.items, [job.id], "A predicate does not see the lease.");
    },
  },
  {
    promise: "P9",
    title: "finds what lies behind many candidates that do not match, page by page, in order",
    async run(t) {
      const wishes: Wish[] = Array.from({ length: 2300 }, (_, i) => ({
        payload: { n: i },
        type: i % 2 ? "odd" : "even",
      }));
      const ids = await t.addAll(wishes);
      const wanted = [3, 1200, 2299];
      const found: Job[] = [];
      let after: string | undefined;
      let calls = 0;
      do {
        const result = await t.poll({ where: { "payload.n": { in: wanted } }, limit: 2, ...(after && { after }) });
        same(result.jobs.length <= 2, true, "A filtered poll returned more than its limit.");
        found.push(...result.jobs);
        after = result.after;
        calls += 1;
      } while ((after !== undefined || found.length < 3) && calls < 20);
      sameIds(
        found,
        wanted.map((n) => ids[n] ?? ""),
        "Following `after` did not find every job, once, in order.",
      );
    },
  },
  {
    promise: "P9",
    title: "gives a filtered poll of several lanes each lane's share again on every page",
    async run(t) {
      const filters: readonly Partial<PollRequest>[] = [{ where: { "payload.n": { gt: 0 } } }, { types: ["like"] }];
      for (const [i, filter] of filters.entries()) {
        const [some, all] = [`some${i}`, `all${i}`];
        const likes = [1, 2, 3, 4].map((n): Wish => ({ lane: some, type: "like", payload: { n } }));
        const others = Array.from({ length: 2500 }, (): Wish => ({ lane: all, type: "other", payload: { n: 0 } }));
        const wanted = (await t.addAll([...likes, ...others])).slice(0, likes.length);
        const lanes = [{ lane: some, limit: 1 }, all];
        let after: string | undefined;
        for (const id of wanted) {
          const page = await t.poll({ lanes, ...filter, limit: 5, ...(after && { after }) });
          sameIds(page.jobs, [id], "A page of a filtered poll does not hold the share of a lane that has more.");
          const due = page.nextDueAt;
          holds(id === wanted.at(-1) || (due !== null && due <= T0), "`nextDueAt` forgot what a share left out.");
          ({ after } = page);
        }
      }
    },
  },
  {
    promise: "P9",
    scenarios: ["S31"],
    title: "lets a worker drain the jobs that are like the one it has, by equality or prefix",
    async run(t) {
      const keys = ["foo", "bar", "baz"];
      await t.addAll(Array.from({ length: 10 }, (_, i) => ({ group: keys[i % 3] ?? "" })));
      const drained: number[] = [];
      for (;;) {
        const [first] = await t.take();
        if (first === undefined) break;
        const test = first.group === "foo" ? { prefix: "f" } : { eq: first.group ?? "" };
        const others = await t.take({ where: { group: test }, limit: 100 });
        same(
          others.every((job) => job.group === first.group),
          true,
          "A poll for like jobs took another one.",
        );
        drained.push(1 + others.length);
      }
      same(drained, [4, 3, 3], "Three rounds did not drain ten jobs of three kinds.");
    },
  },
  {
    promise: "P9",
    title: "means the same by any predicate, in list, poll and cas",
    async run(t) {
      const ids = await t.addAll(subjects);
      await fc.assert(
        fc.asyncProperty(anyPredicate, async (where) => {
          const jobs = (await t.adapter.get(ids)).map((job) => present(job, "A job is gone."));
          const expected = idsOf(jobs.filter((job) => matches(where, job)));
          const { items } = await t.adapter.list({ where, limit: 100, now: T0 });
          sameIds(items, expected, "`list` disagrees with the meaning of a predicate.");
          const changes = jobs.map(({ id, version }) => ({ id, expect: { version, where }, set: { priority: 512 } }));
          const outcomes = await t.adapter.cas(changes, { now: T0 });
          const changed = jobs.filter((_, i) => outcomes[i]?.status === "ok");
          sameIds(changed, expected, "`cas` disagrees with the meaning of a predicate.");
          const polled = await t.take({ where: { and: [where, { version: { gte: 0 } }] }, limit: 100 });
          const now = (await t.adapter.get(idsOf(polled))).map((job) => job?.lease?.until);
          same(
            now,
            polled.map(() => T0 + LEASE),
            "A polled job was not leased.",
          );
          await putBack(t, polled);
          // Versions and attempts have moved on, so only predicates on what stays can be compared with the poll.
          if (!JSON.stringify(where).includes("version"))
            sameIds(polled, expected, "`poll` disagrees with the meaning of a predicate.");
        }),
        { seed: t.seed, numRuns: 150 },
      );
    },
  },
];

/** Gives jobs back as if they had never been polled. */
async function putBack(t: Trial, jobs: readonly Job[]): Promise<void> {
  const set = { state: "waiting", attempt: 0 };
  await t.adapter.cas(
    jobs.map(({ id, token }) => ({ id, expect: { token }, set })),
    { now: T0 },
  );
}
