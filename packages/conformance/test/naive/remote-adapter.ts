import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import {
  type Adapter,
  type AppendOutcome,
  type At,
  type CasOutcome,
  type Change,
  type ErrorCode,
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
} from "@anyqueue/api";

/** What a served store is told. */
export type Call = { readonly call: number; readonly verb: string; readonly args: readonly unknown[] };

/** What it says: an answer to a call, or a hint. */
export type Reply =
  | { readonly call: number; readonly answer: unknown }
  | { readonly call: number; readonly error: string; readonly code: ErrorCode | null }
  | { readonly hint: Hint };

/** The contract spoken over a socket, a line of JSON for each call: how other processes reach a naive store. */
export class RemoteAdapter implements Adapter {
  readonly name = "served";
  readonly capabilities = Object.freeze({
    durability: "crash",
    scope: "machine",
    atomicity: "store",
    transactions: false,
    push: true,
  } as const);
  readonly #port: number;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #wakes = new Set<{ readonly wake: (hint: Hint) => void }>();
  #socket: Socket | undefined;
  #calls = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async open(): Promise<void> {
    const socket = connect(this.#port, "127.0.0.1").setNoDelay();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("connect", resolve).on("error", reject);
    socket.once("close", () => this.#lose());
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => this.#hear(JSON.parse(line) as Reply)).on("error", reject);
    this.#socket = socket;
    await promise;
    await this.#ask("subscribe");
  }

  async close(): Promise<void> {
    this.#wakes.clear();
    const socket = this.#socket;
    if (!socket || socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("close", () => resolve());
    socket.end();
    await promise;
  }

  /** Ends the connection in the middle of whatever is under way. */
  cut(): void {
    this.#socket?.destroy();
  }

  insert(jobs: readonly NewJob[], at?: At): Promise<InsertOutcome[]> {
    return this.#ask("insert", jobs, at);
  }

  poll(request: PollRequest): Promise<PollResult> {
    return this.#ask("poll", request);
  }

  cas(changes: readonly Change[], at?: At): Promise<CasOutcome[]> {
    return this.#ask("cas", changes, at);
  }

  get(ids: readonly string[]): Promise<Found[]> {
    return this.#ask("get", ids);
  }

  list(query: JobQuery): Promise<Page<Job>> {
    return this.#ask("list", query);
  }

  remove(query: RemoveQuery): Promise<number> {
    return this.#ask("remove", query);
  }

  append(entries: readonly NewEvent[], at?: At): Promise<AppendOutcome[]> {
    return this.#ask("append", entries, at);
  }

  events(query: EventQuery): Promise<EventPage> {
    return this.#ask("events", query);
  }

  lanes(query?: { readonly now?: number }): Promise<LaneStatus[]> {
    return this.#ask("lanes", query);
  }

  configure(lane: string, settings: LaneSettings): Promise<void> {
    return this.#ask("configure", lane, settings);
  }

  async subscribe(wake: (hint: Hint) => void): Promise<() => void> {
    const own = { wake };
    this.#wakes.add(own);
    return () => void this.#wakes.delete(own);
  }

  #ask<T>(verb: string, ...args: readonly unknown[]): Promise<T> {
    const socket = this.#socket;
    if (!socket?.writable) return Promise.reject(unavailable());
    const call = (this.#calls += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(call, waiting);
    // What comes last may be absent, and JSON has no `undefined`.
    const asked: Call = { call, verb, args: args.filter((arg) => arg !== undefined) };
    socket.write(`${JSON.stringify(asked)}\n`);
    return waiting.promise as Promise<T>;
  }

  #hear(reply: Reply): void {
    if ("hint" in reply) {
      for (const { wake } of this.#wakes) wake(reply.hint);
      return;
    }
    const waiting = this.#waiting.get(reply.call);
    this.#waiting.delete(reply.call);
    if ("answer" in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(reply.code ? new QueueError(reply.code, reply.error) : new Error(reply.error));
  }

  #lose(): void {
    for (const { reject } of this.#waiting.values()) reject(unavailable());
    this.#waiting.clear();
  }
}

function unavailable(): QueueError {
  return new QueueError("UNAVAILABLE", "The connection to the served store is closed.");
}
