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
import { append } from "./append.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { cas } from "./cas.ts";
import { events } from "./events.ts";
import { get } from "./get.ts";
import { insert } from "./insert.ts";
import { configure, lanes } from "./lanes.ts";
import { list } from "./list.ts";
import { type PostgresOptions, type Settings, settingsOf } from "./options.ts";
import { poll } from "./poll.ts";
import { remove } from "./remove.ts";
import { Site } from "./site.ts";
import type { PostgresTransaction } from "./transaction.ts";
import type { Write } from "./write.ts";

declare module "@anyqueue/api" {
  interface BackendTransactions {
    postgres: PostgresTransaction;
  }
}

/**
 * Keeps jobs in a Postgres schema of their own, which any number of processes on any machines may share. Every verb is
 * one call of one of the schema's functions, so that other languages do the same by the same code. A transaction
 * (`at.tx`) is a client of pg inside `BEGIN`, or a query builder's (P5).
 */
export class PostgresAdapter implements Adapter<PostgresTransaction> {
  readonly name = "postgres";
  readonly #settings: Settings;
  #capabilities: Capabilities;
  #site: Site | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Counts polls, so that those of all lanes begin at another one each time. */
  #turn = 0;

  constructor(options: PostgresOptions) {
    this.#settings = settingsOf(options);
    this.#capabilities = capabilitiesOf(this.#settings, this.#settings.notify !== false);
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  async open(): Promise<void> {
    if (this.#site !== undefined) return;
    await this.#closing;
    this.#opening ??= Site.open(this.#settings).then((site) => {
      this.#site = site;
      this.#capabilities = capabilitiesOf(this.#settings, site.wakeups.isPushing);
    });
    try {
      await this.#opening;
    } finally {
      this.#opening = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    const site = this.#site;
    this.#site = undefined;
    if (site !== undefined) this.#closing = site.close();
    await this.#closing;
  }

  async insert(jobs: readonly NewJob[], at: At<PostgresTransaction> = {}): Promise<InsertOutcome[]> {
    return this.#write((write) => insert(write, jobs, at), at.tx);
  }

  async poll(request: PollRequest): Promise<PollResult> {
    const { connection, marks, pairing } = this.#open;
    this.#turn = (this.#turn + 1) % MOST_TURNS;
    const turn = this.#turn;
    return this.#write((write) => poll({ connection, marks, pairing, write, turn }, request));
  }

  async cas(changes: readonly Change[], at: At<PostgresTransaction> = {}): Promise<CasOutcome[]> {
    return this.#write((write) => cas(write, changes, at), at.tx);
  }

  async get(ids: readonly string[]): Promise<Found[]> {
    const { connection, sql } = this.#open;
    return get(connection, sql, ids);
  }

  async list(query: JobQuery): Promise<Page<Job>> {
    return list(this.#open.connection, this.#settings.schema, query);
  }

  async remove(query: RemoveQuery): Promise<number> {
    return this.#write((write) => remove(write, query));
  }

  async append(entries: readonly NewEvent[], at: At<PostgresTransaction> = {}): Promise<AppendOutcome[]> {
    return this.#write((write) => append(write, entries, at), at.tx);
  }

  async events(query: EventQuery): Promise<EventPage> {
    const { connection, sql } = this.#open;
    return events(connection, sql, query);
  }

  async lanes(query: { readonly now?: number } = {}): Promise<LaneStatus[]> {
    const { connection, sql } = this.#open;
    return lanes(connection, sql, query.now);
  }

  async configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#write((write) => configure(write, lane, settings));
  }

  async subscribe(wake: (hint: Hint) => void): Promise<Unsubscribe> {
    return this.#open.listen(wake);
  }

  get #open(): Site {
    if (this.#site !== undefined) return this.#site;
    throw new QueueError("CLOSED", `The store in the schema ${this.#settings.schema} is not open. Call open() first.`);
  }

  #write<T>(work: (write: Write) => Promise<T>, caller?: PostgresTransaction): Promise<T> {
    return caller === undefined ? this.#open.write(work) : this.#open.join(caller, work);
  }
}

/** The server takes it as an int. */
const MOST_TURNS = 2 ** 30;

/** An adapter for `openQueue({ adapter })`, not open yet. */
export function postgres(options: PostgresOptions): PostgresAdapter {
  return new PostgresAdapter(options);
}
