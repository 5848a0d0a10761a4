import type { Readable } from "node:stream";
import type { Catalog, Queue } from "@anyqueue/api";
import { laneFor } from "./job-options.ts";
import { LineRanges } from "./line-ranges.ts";
import { linesOf } from "./lines.ts";
import { type Defaults, parseJob, type Request } from "./parse-job.ts";
import type { Source } from "./source.ts";

/** A line that is not added. */
export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
}

/** What became of the lines so far. */
export interface LineCounts {
  added: number;
  /** Jobs whose id or unique key was there already. */
  existing: number;
  /** Lines that changed the job that holds their unique key. */
  replaced: number;
  merged: number;
  /** Jobs whose lane had no room for them. */
  full: number;
  refused: number;
}

/** How lines are added. */
export interface LinesOptions {
  readonly queue: Queue;
  /** The types of the configuration, for the lanes that they name. */
  readonly jobs: Catalog | undefined;
  readonly source: Source;
  readonly defaults: Defaults;
  /** Add the good lines although there are bad ones. */
  readonly skipBad: boolean;
  readonly onRefused: (line: RefusedLine) => void;
  readonly onChecked: (lines: number) => void;
  readonly onAdded: (lines: number) => void;
  readonly signal: AbortSignal;
}

const BATCH = { jobs: 1000, bytes: 4 * 1024 * 1024 } as const;

/** Adds a job for each line, in batches. Unless bad lines are skipped, all are checked before the first is added. */
export class LineAdder {
  readonly counts: LineCounts = { added: 0, existing: 0, replaced: 0, merged: 0, full: 0, refused: 0 };
  /** By lane, the lines whose jobs it had no room for. */
  readonly full = new Map<string, LineRanges>();
  readonly #options: LinesOptions;
  #batch: (readonly [line: number, request: Request])[] = [];
  #bytes = 0;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { source, skipBad } = this.#options;
    if (!skipBad) await this.#check(source.read());
    if (skipBad || this.counts.refused === 0) await this.#add(source.read());
  }

  async #check(stream: Readable): Promise<void> {
    const { queue, defaults, onChecked, signal } = this.#options;
    for await (const line of linesOf(stream)) {
      signal.throwIfAborted();
      const parsed = parseJob(line, defaults, queue);
      if ("refused" in parsed) this.#refuse(parsed);
      onChecked(line.number);
    }
  }

  async #add(stream: Readable): Promise<void> {
    const { queue, defaults, signal } = this.#options;
    for await (const line of linesOf(stream)) {
      if (signal.aborted) break;
      const parsed = parseJob(line, defaults, queue);
      if ("refused" in parsed) {
        this.#refuse(parsed);
        continue;
      }
      this.#batch.push([parsed.number, parsed.request]);
      this.#bytes += parsed.bytes;
      if (this.#batch.length >= BATCH.jobs || this.#bytes >= BATCH.bytes) await this.#send();
    }
    await this.#send();
  }

  #refuse({ number, refused }: { readonly number: number; readonly refused: string }): void {
    this.counts.refused++;
    this.#options.onRefused({ line: number, reason: refused });
  }

  async #send(): Promise<void> {
    const { queue, onAdded } = this.#options;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#bytes = 0;
    const outcomes = await queue.addMany(batch.map(([, request]) => request));
    outcomes.forEach(({ status }, i) => {
      // None is skipped where not all of them have to be added.
      if (status !== "skipped") this.counts[status]++;
      if (status === "full") this.#noteFull(batch[i]);
    });
    const { added, existing, replaced, merged, full } = this.counts;
    onAdded(added + existing + replaced + merged + full);
  }

  #noteFull(entry: readonly [line: number, request: Request] | undefined): void {
    if (!entry) return;
    const [line, { type, options }] = entry;
    const { jobs } = this.#options;
    const lane = laneFor(options, jobs && Object.hasOwn(jobs, type) ? jobs[type]?.lane : undefined);
    const ranges = this.full.get(lane) ?? new LineRanges();
    this.full.set(lane, ranges);
    ranges.add(line);
  }
}
