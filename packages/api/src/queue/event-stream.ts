import { Type } from "typebox";
import { Alarm } from "../alarm.ts";
import { EventsSchema } from "../check/query-schemas.ts";
import { validator } from "../check/validator.ts";
import type { Hint } from "../contract/adapter.ts";
import type { EventPage, JobEvent } from "../contract/event.ts";
import { isTerminal, laneOf } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import { checkSignal } from "./call-options.ts";
import type { Wakeups } from "./wakeups.ts";

/** Which events to follow. */
export interface EventStreamOptions {
  /** From behind this cursor of an event, a stream or a page; absent, from the beginning of the log. */
  readonly after?: string;
  /** Only the events of this job. The stream ends when the job has ended, or was removed, and its log was told. */
  readonly id?: string;
  readonly kinds?: readonly JobEvent["kind"][];
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Whether to wait for what comes; else the stream ends with what is in the log by now. True when absent. */
  readonly follow?: boolean;
}

/** An event of a stream, and where to go on behind it. */
export type StreamedEvent = JobEvent & { readonly cursor: string };

/** What a stream needs of its queue. */
interface EventSource {
  readonly store: Pick<Store, "events" | "get">;
  readonly wakeups: Wakeups;
  /** The streams that somebody is reading; closing the queue ends them. */
  readonly streams: Set<EventStream>;
}

const { limit: _limit, ...query } = EventsSchema.properties;
const validate = validator(
  Type.Object(
    {
      ...query,
      signal: Type.Optional(Type.Unknown()),
      follow: Type.Optional(Type.Boolean({ description: "true or false" })),
    },
    { additionalProperties: false, description: "an object such as { after }" },
  ),
);

const PAGE = 250;
/** How often to look when no hint comes, in milliseconds. */
const INTERVAL = 1000;
/** How long to let hints gather after a look that found nothing, so that a busy store is not asked for each of them. */
const LEAST_PAUSE = 20;

/**
 * The log as it grows, each committed event once (P23). It asks the store only when it is itself asked for the next event,
 * so a slow reader holds nothing up. It ends with its loop, its signal, or the queue; a failing store ends it with the
 * error. Where it ended, `cursor` tells another stream to go on.
 */
export class EventStream implements AsyncIterableIterator<StreamedEvent, undefined, undefined> {
  readonly #source: EventSource;
  readonly #options: EventStreamOptions;
  readonly #events: AsyncGenerator<StreamedEvent, undefined, undefined>;
  readonly #alarm = new Alarm();
  /** Rung only to stop. */
  readonly #rest = new Alarm();
  #cursor: string | undefined;
  #isStopped = false;
  /** The job that is followed was there, so if it is not any more it was removed. */
  #isKnown = false;

  /** @throws QueueError `INVALID` naming the option at fault. */
  constructor(source: EventSource, options: EventStreamOptions) {
    validate(options, "Cannot follow events");
    checkSignal(options.signal, "Cannot follow events");
    this.#source = source;
    this.#options = options;
    this.#cursor = options.after;
    this.#events = this.#follow();
  }

  /** Where to go on exactly behind the last event that was answered; undefined when that is the beginning. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  next(): Promise<IteratorResult<StreamedEvent, undefined>> {
    return this.#events.next();
  }

  /** Ends the stream, as leaving a loop over it does. */
  return(): Promise<IteratorResult<StreamedEvent, undefined>> {
    this.stop();
    return this.#events.return(undefined);
  }

  /** Ends the stream where it waits, or else before its next event. */
  stop(): void {
    this.#isStopped = true;
    this.#rest.ring();
    this.#alarm.ring();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#follow(): AsyncGenerator<StreamedEvent, undefined, undefined> {
    const { wakeups, streams } = this.#source;
    const { signal, id, follow = true } = this.#options;
    const stop = (): void => this.stop();
    if (signal?.aborted === true) return;
    signal?.addEventListener("abort", stop);
    streams.add(this);
    // Before the first look, so that what is written after it is heard of.
    const ears = follow ? await wakeups.listen((hint) => this.#hear(hint)) : undefined;
    try {
      let hasEnded = false;
      while (!this.#isStopped) {
        const page = await this.#look();
        yield* this.#tell(page);
        if (this.#isStopped || page.items.length > 0) continue;
        if (hasEnded) return;
        hasEnded = id !== undefined && (await this.#hasEnded(id));
        if (!follow) return;
        if (!hasEnded) await this.#pause();
      }
    } catch (error) {
      // What is under way while the queue closes may fail, and nobody waits for it any more.
      if (!this.#isStopped) throw error;
    } finally {
      ears?.();
      signal?.removeEventListener("abort", stop);
      streams.delete(this);
    }
  }

  #look(): Promise<EventPage> {
    const { id, kinds } = this.#options;
    const after = this.#cursor;
    return this.#source.store.events({
      limit: PAGE,
      ...(id !== undefined && { id }),
      ...(kinds && { kinds }),
      ...(after !== undefined && { after }),
    });
  }

  *#tell({ items, cursors, after }: EventPage): Generator<StreamedEvent, void, undefined> {
    for (const [i, event] of items.entries()) {
      if (this.#isStopped) return;
      const cursor = cursors[i] ?? after;
      this.#cursor = cursor;
      this.#isKnown = true;
      // AnyQueue's own jobs are followed only by name.
      if (this.#options.id !== undefined || !event.id.startsWith("$")) yield { ...event, cursor };
    }
    this.#cursor = after;
  }

  async #hasEnded(id: string): Promise<boolean> {
    const [job] = await this.#source.store.get([id]);
    if (!job && !this.#isKnown) {
      throw new QueueError("MISSING", `There is no job ${id}. It was never added, or was removed already.`);
    }
    this.#isKnown = true;
    return !job || isTerminal(job.state);
  }

  async #pause(): Promise<void> {
    await this.#rest.sleep(LEAST_PAUSE);
    if (!this.#isStopped) await this.#alarm.sleep(INTERVAL * (0.75 + Math.random() / 2));
  }

  #hear(hint: Hint): void {
    const { id } = this.#options;
    if (id === undefined || tellsOf(hint, id)) this.#alarm.ring();
  }
}

/** Whether something may have been written into the log of the job. */
function tellsOf(hint: Hint, id: string): boolean {
  if ("job" in hint) return hint.job === id;
  if ("finished" in hint) return hint.finished === laneOf(id);
  return "resync" in hint || hint.lane === laneOf(id);
}
