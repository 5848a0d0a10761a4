import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter } from "@anyqueue/api";
import { settle } from "../hints.ts";
import { LEASE, SECOND } from "../time.ts";
import { Client } from "../traffic/client.ts";
import type { Answer, Order, Signal } from "./messages.ts";
import { reported } from "./reported.ts";

/** How long a poll may find nothing of what is due, and how long it waits until the next one; in milliseconds. */
const PATIENCE = 10 * SECOND;
const PAUSE = 5;

type OrderTo<Work extends Order["do"]> = Extract<Order, { do: Work }>;

// What runs in the other process of a case. It gets its order from the parent, says `ready` once its store is open,
// waits for "go", so that several begin together, and then tells what it does as soon as it has done it.
process.once("message", (order: Order) => {
  void obey(order).then(
    () => tell({ done: true }),
    (error: unknown) => tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function obey(order: Order): Promise<void> {
  const { module, options } = order.connection;
  const { connect } = (await import(module)) as { connect?: (options: unknown) => Adapter | Promise<Adapter> };
  if (typeof connect !== "function")
    throw new Error(`${module}, which \`spawn\` of the fixture names, does not export a function \`connect\`.`);
  const adapter = await connect(options);
  await adapter.open();
  const signals = new Signals();
  void tell({ ready: true });
  if (order.do === "traffic") await traffic(adapter, order, signals);
  else {
    await signals.next();
    if (order.do === "drain") await drain(adapter, order);
    else if (order.do === "work") await work(adapter, order);
    else if (order.do === "hold") await hold(adapter, order, signals);
    else await insert(adapter, order);
  }
  await adapter.close();
}

/** Until nothing is found, and nothing is due that a poll may have passed over because others just touched it (P10). */
async function drain(adapter: Adapter, order: OrderTo<"drain">): Promise<void> {
  const { lane, limit, holder, now } = order;
  let foundAt = performance.now();
  while (performance.now() - foundAt < PATIENCE) {
    const { jobs, nextDueAt } = await adapter.poll({ lanes: [lane], limit, lease: { ms: LEASE, holder }, now });
    if (jobs.length > 0) {
      foundAt = performance.now();
      void tell({ ids: jobs.map((job) => job.id) });
    } else if (nextDueAt === null || nextDueAt > now) return;
    else await sleep(PAUSE);
  }
}

async function insert(adapter: Adapter, { jobs, now }: OrderTo<"insert">): Promise<void> {
  for (const job of jobs) {
    const [outcome] = await adapter.insert([job], { now });
    if (outcome?.status === "added") void tell({ ids: [job.id] });
  }
}

/** Completes what it finds until the lane holds no unfinished job: what others hold, it waits for. */
async function work(adapter: Adapter, { lane, holder, now }: OrderTo<"work">): Promise<void> {
  const states = ["waiting", "delayed", "active", "blocked"];
  for (;;) {
    const { jobs } = await adapter.poll({ lanes: [lane], limit: 3, lease: { ms: LEASE, holder }, now });
    if (jobs.length > 0) void tell({ ids: jobs.map((job) => job.id) });
    const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } }));
    if (changes.length > 0) await adapter.cas(changes, { now });
    else if ((await adapter.list({ lanes: [lane], states, limit: 1, now })).items.length === 0) return;
    // Lets messages out, also when the adapter answers without any waiting of its own.
    await new Promise(setImmediate);
  }
}

async function hold(adapter: Adapter, { lane, leaseMs, holder }: OrderTo<"hold">, signals: Signals): Promise<void> {
  const { jobs } = await adapter.poll({ lanes: [lane], limit: 1, lease: { ms: leaseMs, holder } });
  // What is under way in the background of the call may hold a lock, and this process is about to be stopped.
  await settle();
  void tell({ ids: jobs.map((job) => job.id) });
  await signals.next();
  const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed", result: "late" } }));
  for (const outcome of await adapter.cas(changes)) void tell({ outcome });
}

async function traffic(adapter: Adapter, { plans }: OrderTo<"traffic">, signals: Signals): Promise<void> {
  const clients = plans.map((plan) => new Client(reported(adapter, plan.name, tell), plan));
  for (;;) {
    const signal = await signals.next();
    if (typeof signal === "string") return;
    await Promise.all(clients.map((client) => client.run(signal.stage)));
    await tell({ staged: true });
  }
}

/** What the parent says, also what it said before somebody asked. */
class Signals {
  readonly #said: Signal[] = [];
  #heard = Promise.withResolvers<void>();

  constructor() {
    process.on("message", (signal: Signal) => {
      this.#said.push(signal);
      this.#heard.resolve();
    });
  }

  async next(): Promise<Signal> {
    for (;;) {
      const signal = this.#said.shift();
      if (signal !== undefined) return signal;
      this.#heard = Promise.withResolvers<void>();
      await this.#heard.promise;
    }
  }
}

/** Resolves once the message has left this process, which may be killed then. */
function tell(answer: Answer): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(answer, () => resolve());
  });
}
