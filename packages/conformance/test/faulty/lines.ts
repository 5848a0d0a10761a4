import { type Adapter, type Change, isTerminal, type Job, type NewJob } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, changing, type Fault, oneByOne, without } from "./fault.ts";
import { find, onceReopened, onceTogether, outsideTransactions, pollingAs, storing } from "./shaping.ts";

const ENDLESS = { keyConcurrency: 10_000 };

/** Breaks P18. */
export const lines: readonly Fault[] = [
  fault("does not know ordering keys", (adapter) => storing(adapter, (job) => without(job, "orderingKey") as NewJob)),
  fault("does not tell upper from lower case in ordering keys", (adapter) =>
    storing(adapter, (job) => (job.orderingKey ? { ...job, orderingKey: job.orderingKey.toLowerCase() } : job)),
  ),
  fault("holds up jobs that have no ordering key", (adapter) =>
    storing(adapter, (job) => ({ orderingKey: "none", ...job })),
  ),
  fault("leaves successors without their ordering key", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        adapter.cas(
          changes.map((each) => ({
            ...each,
            spawn: (each.spawn ?? []).map((job) => without(job, "orderingKey") as NewJob),
          })),
          at,
        ),
    }),
  ),
  fault("puts blocked jobs of a call in line from the last to the first", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        if (!jobs.every((job) => job.dependsOn && job.orderingKey)) return adapter.insert(jobs, at);
        return (await adapter.insert(jobs.toReversed(), at)).toReversed();
      },
    }),
  ),
  fault("puts the jobs of a call in line by priority", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const order = jobs.map((_, i) => i).sort((a, b) => (jobs[a]?.priority ?? 0) - (jobs[b]?.priority ?? 0));
        const outcomes = await adapter.insert(
          order.flatMap((i) => jobs[i] ?? []),
          at,
        );
        return jobs.flatMap((_, i) => outcomes[order.indexOf(i)] ?? []);
      },
    }),
  ),
  fault("gives jobs that are asked for by id before their turn", (adapter) =>
    pollingAs(
      adapter,
      ({ ids }) => ids !== undefined,
      () => ENDLESS,
    ),
  ),
  fault("gives jobs that are asked for by type before their turn", (adapter) =>
    pollingAs(
      adapter,
      ({ types }) => types !== undefined,
      () => ENDLESS,
    ),
  ),
  fault("gives jobs that are asked for by predicate before their turn", (adapter) =>
    pollingAs(
      adapter,
      ({ where }) => where !== undefined,
      () => ENDLESS,
    ),
  ),
  fault("gives jobs of a custom state before their turn", (adapter) =>
    pollingAs(
      adapter,
      ({ from }) => from !== undefined,
      () => ENDLESS,
    ),
  ),
  fault("gives turns to everybody when polls meet", (adapter) =>
    onceTogether(adapter, "poll", (each) =>
      pollingAs(
        each,
        () => true,
        () => ENDLESS,
      ),
    ),
  ),
  fault("knows no `keyConcurrency`", (adapter) =>
    decorate(adapter, { configure: (lane, settings) => adapter.configure(lane, without(settings, "keyConcurrency")) }),
  ),
  fault("knows no `order` of a lane", (adapter) =>
    decorate(adapter, { configure: (lane, settings) => adapter.configure(lane, without(settings, "order")) }),
  ),
  fault("keeps a lane `fifo` for ever", (adapter) =>
    decorate(adapter, {
      configure: (lane, settings) =>
        adapter.configure(lane, settings.order === "priority" ? without(settings, "order") : settings),
    }),
  ),
  fault("gives every job of a `fifo` lane the common key", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const lanes = await adapter.lanes();
        const isFifo = (job: NewJob) =>
          lanes.some(({ lane, settings }) => lane === job.lane && settings.order === "fifo");
        return adapter.insert(
          jobs.map((job) => (isFifo(job) ? (without(job, "orderingKey") as NewJob) : job)),
          at,
        );
      },
    }),
  ),
  setting("loses the turn of a job that is delayed", ({ set }) =>
    set.delayMs !== undefined || set.runAt !== undefined ? { ...set, requeue: true } : set,
  ),
  setting("loses the turn of a job that moves to a custom state", ({ set }) =>
    set.state !== undefined && set.leaseMs === undefined && set.state !== "waiting" && !isTerminal(set.state)
      ? { ...set, requeue: true }
      : set,
  ),
  setting("loses the turn of a job that was rescued", ({ set }) =>
    set.error?.code === "LEASE_ENDED" ? { ...set, requeue: true } : set,
  ),
  setting("keeps the turn of a job that is requeued", ({ set }) => without(set, "requeue")),
  fault("gives the turn back to an earlier job that is retried", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const line = await find(adapter, (job) => job.orderingKey !== undefined && !isTerminal(job.state));
          const place = line.findIndex((job) => job.id === each.id);
          const isOvertaken = line
            .slice(0, Math.max(0, place))
            .some((job) => job.orderingKey === line[place]?.orderingKey);
          return change(
            adapter,
            isOvertaken && each.set.state ? { ...each, set: { ...each.set, requeue: true } } : each,
            at,
          );
        }),
    }),
  ),
  fault("takes turns away when `keyConcurrency` is lowered", (adapter) => {
    let isLowered = false;
    return decorate(adapter, {
      configure: async (lane, settings) => {
        if (settings.keyConcurrency === null) isLowered = true;
        await adapter.configure(lane, settings);
      },
      cas: (changes, at) =>
        adapter.cas(
          changes.map((each) =>
            isLowered && each.set.state === "waiting" ? { ...each, set: { ...each.set, requeue: true } } : each,
          ),
          at,
        ),
    });
  }),
  fault("gives no more turns when `keyConcurrency` is raised", (adapter) => {
    const first = new Map<string, LaneSettingsOf>();
    return decorate(adapter, {
      configure: async (lane, settings) => {
        const isUsed = (await find(adapter, (job) => job.lane === lane)).length > 0;
        await adapter.configure(lane, isUsed && !first.has(lane) ? without(settings, "keyConcurrency") : settings);
      },
    });
  }),
  fault("hides jobs that wait for their turn", (adapter) =>
    decorate(adapter, {
      list: async (query) => {
        const page = await adapter.list(query);
        const seen = new Set<string>();
        const isFirst = ({ orderingKey }: Job) => orderingKey === undefined || seen.size < seen.add(orderingKey).size;
        return { ...page, items: page.items.filter(isFirst) };
      },
    }),
  ),
  fault("looks at jobs that wait for their turn one by one", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const parked = request.types ? await find(adapter, (job) => job.orderingKey !== undefined) : [];
        return parked.length > 1000
          ? { jobs: [], expired: [], nextDueAt: null, now: request.now ?? 0, after: "later" }
          : adapter.poll(request);
      },
    }),
  ),
  fault("puts a released job at the end of its line", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const blocked = await find(adapter, (job) => job.state === "blocked" && job.orderingKey !== undefined);
        const outcomes = await adapter.cas(changes, at);
        for (const job of await adapter.get(blocked.map(({ id }) => id))) {
          if (job?.state === "waiting")
            await adapter.cas([{ id: job.id, expect: { version: job.version }, set: { requeue: true } }], at);
        }
        return outcomes;
      },
    }),
  ),
  fault("forgets whose turn it is when it is closed", (adapter) => {
    const reopened = decorate(adapter, {
      open: async () => {
        await adapter.open();
        const delayed = await find(
          adapter,
          (job) => job.orderingKey !== undefined && job.state === "waiting" && job.version > 1,
        );
        const set = { requeue: true } as const;
        for (const { id, version } of delayed) await adapter.cas([{ id, expect: { version }, set }]);
      },
    });
    return onceReopened(adapter, () => reopened);
  }),
  fault("gives turns outside of the caller's transaction", outsideTransactions),
];

type LaneSettingsOf = Parameters<Adapter["configure"]>[1];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P18", name, break: breaking };
}

function setting(name: string, set: (each: Change) => Change["set"]): Fault {
  return fault(name, (adapter) => changing(adapter, (each) => ({ ...each, set: set(each) })));
}
