import type { Adapter } from "@anyqueue/api";
import { LEASE } from "../time.ts";
import type { Answer, Order } from "./messages.ts";

// What runs in the other process of a case. It gets its order from the parent, says `ready` once its store is open,
// waits for "go", so that several begin together, and then tells every id as soon as it knows of it.
process.once("message", (order: Order) => {
  void obey(order).then(
    () => tell({ done: true }),
    (error: unknown) => tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function obey(order: Order): Promise<void> {
  const { module, options } = order.connection;
  const { connect } = (await import(module)) as { connect: (options: unknown) => Adapter | Promise<Adapter> };
  const adapter = await connect(options);
  await adapter.open();
  tell({ ready: true });
  await new Promise((resolve) => process.once("message", resolve));
  if (order.do === "drain") await drain(adapter, order);
  else if (order.do === "work") await work(adapter, order);
  else await insert(adapter, order);
  await adapter.close();
}

async function drain(adapter: Adapter, order: Extract<Order, { do: "drain" }>): Promise<void> {
  const { lane, limit, holder, now } = order;
  for (;;) {
    const { jobs } = await adapter.poll({ lanes: [lane], limit, lease: { ms: LEASE, holder }, now });
    if (jobs.length === 0) return;
    tell({ ids: jobs.map((job) => job.id) });
  }
}

async function insert(adapter: Adapter, { jobs, now }: Extract<Order, { do: "insert" }>): Promise<void> {
  for (const job of jobs) {
    const [outcome] = await adapter.insert([job], { now });
    if (outcome?.status === "added") tell({ ids: [job.id] });
  }
}

/** Completes what it finds until the lane holds no unfinished job: what others hold, it waits for. */
async function work(adapter: Adapter, { lane, holder, now }: Extract<Order, { do: "work" }>): Promise<void> {
  const states = ["waiting", "delayed", "active", "blocked"];
  for (;;) {
    const { jobs } = await adapter.poll({ lanes: [lane], limit: 3, lease: { ms: LEASE, holder }, now });
    if (jobs.length > 0) tell({ ids: jobs.map((job) => job.id) });
    const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } }));
    if (changes.length > 0) await adapter.cas(changes, { now });
    else if ((await adapter.list({ lanes: [lane], states, limit: 1, now })).items.length === 0) return;
    // Lets messages out, also when the adapter answers without any waiting of its own.
    await new Promise(setImmediate);
  }
}

function tell(answer: Answer): void {
  process.send?.(answer);
}
