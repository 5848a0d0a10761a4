import type { Adapter } from "../contract/adapter.ts";
import { removal } from "../policy/retention.ts";
import type { Catalog, TypedJob, TypeOf } from "../queue/catalog.ts";
import type { Handlers } from "../queue/handlers.ts";
import { Queue, type QueueOptions } from "../queue/queue.ts";
import {
  type AddedDetails,
  type AddedOptions,
  checkAddedOptions,
  expectAdded,
  expectNotAdded,
  type PartialPayload,
} from "./added.ts";
import { IdleRunner } from "./idle-runner.ts";
import { checkIdleOptions, type IdleOptions, type Ran } from "./idle-options.ts";
import { TestClock } from "./test-clock.ts";

const PAGE = 1000;

/** A queue whose clock a test moves, and that runs jobs and is asked about them step by step. `openTestQueue` makes one. */
export class TestQueue<C extends Catalog = Catalog, Tx = never> extends Queue<C, Tx> {
  /** What time it is, for the store and for all that looks at the time for its sake. */
  readonly clock: TestClock;

  constructor(adapter: Adapter<Tx>, now: Date | number, options: Omit<QueueOptions<C>, "now"> = {}) {
    // Workers of this process look at once when time has passed.
    const clock = new TestClock(now, () => this.wakeups.tell({ resync: true }));
    super(adapter, { random: () => 0, retention: false, ...options, now: () => clock.now() });
    this.clock = clock;
  }

  /**
   * Runs what is due in this process, one job after the other, lane by lane in the order of their names, also what these
   * jobs add and what schedules add, until nothing is due that these handlers can run. With `advance` it then moves the
   * clock on to the next time at which something is, until nothing is left. Answers what ran, in order.
   *
   * @throws QueueError `TIMEOUT` naming what still goes on after `limit` runs; `INVALID` naming the handler or option.
   */
  async runUntilIdle(handlers: Handlers<C, Tx>, options: IdleOptions = {}): Promise<Ran<C>[]> {
    checkIdleOptions(options);
    const runner = new IdleRunner({ queue: this, store: this.store, place: this.workplace(handlers) }, options);
    return (await runner.run()) as Ran<C>[];
  }

  /** All jobs that are kept, or those of one type, in the order in which they were added. */
  async added<T extends TypeOf<C> = TypeOf<C>>(type?: T): Promise<TypedJob<C, T>[]> {
    const jobs: TypedJob<C, T>[] = [];
    let after: string | undefined;
    do {
      const page = await this.list({ limit: PAGE, ...(after !== undefined && { after }) });
      jobs.push(...(page.items.filter((job) => type === undefined || job.type === type) as TypedJob<C, T>[]));
      after = page.after;
    } while (after !== undefined);
    return jobs;
  }

  /**
   * Demands that a job was added as `add(type, payload, options)` would have, of which only what matters is named, and
   * answers it: the first one if there are several, and the only one with `times: 1`.
   *
   * @throws AssertionError telling what was added instead.
   */
  async expectAdded<T extends TypeOf<C>>(
    type: T,
    payload?: PartialPayload<C, T>,
    options: AddedOptions = {},
  ): Promise<TypedJob<C, T>> {
    checkAddedOptions(options, type);
    const { times, ...details } = options;
    return expectAdded(await this.added(), { type, payload, details }, times) as TypedJob<C, T>;
  }

  /** Demands that no such job was added. @throws AssertionError telling which was. */
  async expectNotAdded<T extends TypeOf<C>>(
    type: T,
    payload?: PartialPayload<C, T>,
    details: AddedDetails = {},
  ): Promise<void> {
    checkAddedOptions(details, type);
    expectNotAdded(await this.added(), { type, payload, details });
  }

  /** Removes the finished jobs that have been kept long enough, as a process with workers does now and then (P26). */
  async tidy(): Promise<number> {
    let removed = 0;
    for (const { lane, settings } of await this.lanes()) {
      let count: number;
      do {
        count = await this.remove(removal(lane, settings.keep, PAGE));
        removed += count;
      } while (count >= PAGE);
    }
    return removed;
  }
}
