import { type CallReport, isQueueError, Queue } from "@anyqueue/api";
import { postgres, type PostgresOptions } from "@anyqueue/adapter-postgres";
import pg from "pg";
import { onTestFinished, vi } from "vitest";
import { type Account, Ledger } from "./ledger.ts";

/** Multiplies how long and hard the faults are; 1 unless `ANYQUEUE_TEST_STORMS` says otherwise. */
export const STORMS = Number(process.env["ANYQUEUE_TEST_STORMS"] ?? 1);

/** How a load is set up. */
export interface LoadOptions extends PostgresOptions {
  readonly url: string;
  readonly schema: string;
  /** At least so many jobs are added; more, for as long as the fault lasts. */
  readonly jobs: number;
}

/** How long everything may take to come to rest after a fault, in milliseconds. */
const DEADLINE = 30_000;
const PRODUCERS = 8;
const LEASE = "1s";

/**
 * Several queues that add jobs and several that work on them, each with connections of its own, while something is done
 * to their server. Everything is written down.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #ledger = new Ledger();
  readonly #troubles = new Map<string, number>();
  readonly #surprises: string[] = [];
  #isOver = false;
  #numbers = 0;
  #watches: { readonly count: number; readonly reached: () => void }[] = [];

  /** Runs a load until the fault is over and every job has ended, and answers the account of it, which has to be right. */
  static async during(options: LoadOptions, fault: (load: Load) => Promise<void>): Promise<LoadReport> {
    const load = new Load(options);
    return load.#run(fault);
  }

  private constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Resolves when so many jobs more have been completed than now. */
  async progress(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watches.push({ count: this.#ledger.completions + count, reached: resolve });
    await promise;
  }

  /** Whether a call has failed by now. */
  get isTroubled(): boolean {
    return this.#troubles.size > 0;
  }

  async #run(fault: (load: Load) => Promise<void>): Promise<LoadReport> {
    const [adding, working] = await Promise.all([this.#open(2), this.#open(2)]);
    const workers = working.map((queue) => this.#work(queue));
    const added = Promise.all(
      Array.from({ length: PRODUCERS }, (_, n) => this.#produce(adding[n % adding.length] as Queue, n)),
    );
    try {
      await fault(this);
    } finally {
      this.#isOver = true;
    }
    await added;
    const { url, schema } = this.#options;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await vi.waitFor(() => assertFinished(client, schema), { timeout: DEADLINE, interval: 50 });
      // What is known of an ending may still be on its way to the worker.
      await Promise.all(workers.map((worker) => worker.stop()));
      const account = await this.#ledger.close(client, schema);
      const complaints = [...this.#surprises, ...account.complaints];
      return { ...account, complaints, troubles: Object.fromEntries(this.#troubles) };
    } finally {
      await client.end();
    }
  }

  async #open(count: number): Promise<Queue[]> {
    const { jobs: _, ...options } = this.#options;
    const queues = Array.from({ length: count }, () => {
      const queue = new Queue(postgres({ connections: 3, ...options }), {
        retention: false,
        observe: (report) => this.#observe(report),
      });
      onTestFinished(() => queue.close());
      return queue;
    });
    await Promise.all(queues.map((queue) => queue.open()));
    return queues;
  }

  #observe({ verb, error }: CallReport): void {
    if (error === undefined) return;
    // The one thing that a fault may do to a call.
    if (error.code === "UNAVAILABLE") this.#troubles.set(verb, (this.#troubles.get(verb) ?? 0) + 1);
    else this.#surprises.push(`${verb}: ${error.message}`);
  }

  #work(queue: Queue) {
    const worker = queue.work(
      {
        "**": (job) => {
          this.#ledger.run(job);
          return { token: job.token };
        },
      },
      { lease: LEASE, interval: "200ms", concurrency: 4 },
    );
    worker.on("error", () => undefined);
    worker.on("completed", (job) => {
      this.#ledger.complete(job);
      const { completions } = this.#ledger;
      for (const { reached } of this.#watches.filter(({ count }) => count <= completions)) reached();
      this.#watches = this.#watches.filter(({ count }) => count > completions);
    });
    return worker;
  }

  /** Every other one names its jobs, and so can add them again until it hears of them. */
  async #produce(queue: Queue, producer: number): Promise<void> {
    const isNaming = producer % 2 === 0;
    while (!this.#isOver || this.#numbers < this.#options.jobs) {
      const number = this.#numbers++;
      const options = { maxAttempts: 1000, backoff: { type: "fixed", delay: 10 } } as const;
      const named = isNaming ? { ...options, id: String(number) } : options;
      for (;;) {
        try {
          const { id } = await queue.add("load.run", { number }, named);
          this.#ledger.acknowledge(id, number);
          break;
        } catch (error) {
          if (!isQueueError(error, "UNAVAILABLE")) throw error;
          if (isNaming) continue;
          this.#ledger.refuse(number);
          break;
        }
      }
    }
  }
}

/** The account, and how many calls of each verb came to nothing. */
export interface LoadReport extends Account {
  readonly troubles: Readonly<Record<string, number>>;
}

async function assertFinished(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query(`SELECT FROM ${schema}.hot_jobs LIMIT 1`);
  if (rowCount !== 0) throw new Error("There are jobs that have not ended.");
}
