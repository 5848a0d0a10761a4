import { Type } from "typebox";
import { checkFunction } from "../check/check-function.ts";
import { validator } from "../check/validator.ts";
import type { Adapter } from "../contract/adapter.ts";
import type { Catalog } from "../queue/catalog.ts";
import { type BackendConfig, createAdapter, type TransactionOf } from "../queue/open-queue.ts";
import type { QueueOptions } from "../queue/queue.ts";
import { TestQueue } from "./test-queue.ts";

/** Settings of a test's queue: those of `openQueue`, and where and when it is. */
export interface TestQueueOptions<
  C extends Catalog = Catalog,
  B extends string | BackendConfig | Adapter<never> = string | BackendConfig | Adapter<never>,
> extends Omit<QueueOptions<C>, "now"> {
  /** What `openQueue` takes; `memory:` when absent. Give each test a store of its own, since it counts what it finds. */
  readonly backend?: B;
  /** At what time the clock stands; the present time when absent. */
  readonly now?: Date | number;
}

const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object(
    {
      jobs: Any,
      backend: Any,
      now: Any,
      observe: Any,
      backoff: Any,
      random: Any,
      retention: Any,
      schedules: Any,
    },
    { additionalProperties: false, description: "an object such as { jobs }" },
  ),
);

/**
 * Opens a queue for a test, on any backend. Its clock stands still until the test moves it, and everything that looks at
 * the time follows it: delays, leases, retries, schedules, rates, retention. Unless `random` is given, backoffs are without
 * jitter, and unless `retention` is, nothing is removed behind the test's back. Close it, or declare it with `await using`.
 *
 * @throws QueueError as `openQueue` does, such as `NOT_INSTALLED`.
 */
export async function openTestQueue<
  C extends Catalog = Catalog,
  const B extends string | BackendConfig | Adapter<never> = "memory:",
>(options: TestQueueOptions<C, B> = {}): Promise<TestQueue<C, TransactionOf<B>>> {
  validate(options, "Cannot open the test queue");
  const { backend = "memory:", now = Date.now(), ...rest } = options;
  const { observe, backoff, random } = rest;
  for (const [name, value] of Object.entries({ observe, backoff, random })) {
    checkFunction(value, name, "Cannot open the test queue");
  }
  const adapter = (await createAdapter(backend)) as Adapter<TransactionOf<B>>;
  const queue = new TestQueue<C, TransactionOf<B>>(adapter, now, rest);
  try {
    await queue.open();
  } catch (error) {
    await queue.close().catch(() => undefined);
    throw error;
  }
  return queue;
}
