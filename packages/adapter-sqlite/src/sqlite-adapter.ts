import {
  type Adapter,
  type AppendOutcome,
  type At,
  type Capabilities,
  type CasOutcome,
  type Change,
  type EventPage,
  type EventQuery,
  type Found,
  type Hint,
  type InsertOutcome,
  type Job,
  type JobQuery,
  type LaneSettings,
  type LaneStatus,
  type NewEvent,
  type NewJob,
  type Page,
  type PollRequest,
  type PollResult,
  QueueError,
  type RemoveQuery,
  type Unsubscribe,
} from "@anyqueue/api";
import type { Database } from "better-sqlite3";
import { append } from "./append.ts";
import { cas } from "./cas.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { Connection } from "./connection.ts";
import { locate } from "./database.ts";
import { events } from "./events.ts";
import { get } from "./get.ts";
import { insert } from "./insert.ts";
import { join } from "./join.ts";
import { configure, lanes } from "./lanes.ts";
import { list } from "./list.ts";
import type { SqliteOptions } from "./options.ts";
import { poll, pollIdle } from "./poll.ts";
import { remove } from "./remove.ts";
import type { Transaction } from "./transaction.ts";

declare module "@anyqueue/api" {
  interface BackendTransactions {
    sqlite: Database;
  }
}

/**
 * Keeps jobs in a SQLite file that several processes of one machine may share. Verbs that arrive in the same tick are
 * committed together; reads and idle polls take no lock. A transaction (`at.tx`) is a `Database` of better-sqlite3 on
 * the same file, inside `BEGIN IMMEDIATE`: the work is then done before the call returns (P5).
 */
export class SqliteAdapter implements Adapter<Database> {
  readonly name = "sqlite";
  readonly capabilities: Capabilities;
  readonly #options: SqliteOptions;
  readonly #path: string;
  #connection: Connection | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Counts polls, so that those of all lanes begin at another one each time. */
  #turn = 0;
  /** True when the last poll found all that it asked for, so that the next one hardly comes in vain. */
  #foundAll = false;

  constructor(options: SqliteOptions) {
    this.#options = { ...options };
    this.#path = locate(options.path);
    this.capabilities = capabilitiesOf(options);
  }

  async open(): Promise<void> {
    if (this.#connection !== undefined) return;
    await this.#closing;
    this.#opening ??= Connection.open(this.#options).then((connection) => {
      this.#connection = connection;
    });
    try {
      await this.#opening;
    } finally {
      this.#opening = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) this.#closing = connection.close();
    await this.#closing;
  }

  async insert(jobs: readonly NewJob[], at: At<Database> = {}): Promise<InsertOutcome[]> {
    const outcomes = this.#write((tx) => insert(tx, jobs, clock(at), at.allOrNone === true), at.tx);
    // Told before the commit too, so that who waits for jobs here claims them in the same transaction.
    if (at.tx === undefined) this.#open.watcher.tell(lanesOf(jobs));
    return outcomes;
  }

  async poll(request: PollRequest): Promise<PollResult> {
    const turn = this.#turn++;
    const connection = this.#open;
    // While work is plentiful, or something is written anyway, looking first would only cost time.
    if (!this.#foundAll && !connection.committer.isExpecting) {
      const idle = await connection.read(() => pollIdle(connection.sql, request, clock(request), turn));
      if (idle !== undefined) return idle;
    }
    const result = await this.#write((tx) => poll(tx, request, clock(request), turn));
    this.#foundAll = request.limit > 0 && result.jobs.length === request.limit;
    return result;
  }

  async cas(changes: readonly Change[], at: At<Database> = {}): Promise<CasOutcome[]> {
    return this.#write((tx) => cas(tx, changes, clock(at)), at.tx);
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    const connection = this.#open;
    return connection.read(() => get(connection.sql, ids));
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    const connection = this.#open;
    return connection.read(() => list(connection.lists, query, clock(query)));
  }

  async remove(query: RemoveQuery): Promise<number> {
    return this.#write((tx) => remove(tx, query));
  }

  async append(entries: readonly NewEvent[], at: At<Database> = {}): Promise<AppendOutcome[]> {
    return this.#write((tx) => append(tx, entries, clock(at)), at.tx);
  }

  async events(query: EventQuery): Promise<EventPage> {
    const connection = this.#open;
    return connection.read(() => events(connection.sql, query));
  }

  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const connection = this.#open;
    return connection.read(() => lanes(connection.sql, clock(query)));
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#write((tx) => configure(tx, lane, settings, Date.now()));
  }

  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    return this.#open.watcher.listen(wake);
  }

  get #open(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    throw new QueueError("CLOSED", `The store ${this.#path} is not open. Call open() first.`);
  }

  /** With `tx` the work is done when this returns; so nothing may be awaited before it. */
  #write<T>(work: (tx: Transaction) => T, caller?: Database): Promise<T> {
    const { committer } = this.#open;
    return caller === undefined ? committer.run(work) : Promise.resolve(join(caller, this.#path, work));
  }
}

/** An adapter for `openQueue({ adapter })`, not open yet. */
export function sqlite(options: SqliteOptions): SqliteAdapter {
  return new SqliteAdapter(options);
}

function clock({ now = Date.now() }: { readonly now?: number }): number {
  return now;
}

/** The lanes into which jobs come that are due at once. */
function* lanesOf(jobs: readonly NewJob[]): IterableIterator<Hint> {
  const due = jobs.filter(({ runAt, delayMs, dependsOn }) => (runAt ?? delayMs ?? dependsOn) === undefined);
  for (const lane of new Set(due.map((job) => job.lane))) yield { lane };
}
