import { type ChildProcess, fork } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CasOutcome } from "@anyqueue/api";
import type { Call } from "../history/call.ts";
import type { Stage } from "../traffic/client.ts";
import type { Answer, Order, Signal } from "./messages.ts";

/** Where Node itself keeps what it has compiled when it is told to and not where. Halves what it takes to start a process. */
const COMPILE_CACHE = join(tmpdir(), "node-compile-cache");

/** Another process that works on the store of a case. */
export class Helper {
  /** Ids that it told so far. */
  readonly ids: string[] = [];
  /** The calls that it told so far, in the order in which it made them. */
  readonly calls: Call[] = [];
  /** What it told of the jobs that it held. */
  readonly outcomes: CasOutcome[] = [];
  /** When it has opened the store. */
  readonly ready: Promise<void>;
  /** When it has done what it was told, or was killed. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #stagesDone = 0;
  #answered = 0;
  #watches: { readonly isReached: () => boolean; readonly reached: () => void }[] = [];

  constructor(order: Order) {
    // In the source tree this is TypeScript that Node runs as it is, in the package JavaScript.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const program = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
    this.#child = fork(program, { env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env } });
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ended = ended.promise;
    const fail = (error: Error): void => {
      ready.reject(error);
      ended.reject(error);
    };
    // Whoever awaits them sees the failure; nobody has to.
    this.ready.catch(() => {});
    this.ended.catch(() => {});
    this.#child.on("message", (answer: Answer) => {
      if ("ready" in answer) ready.resolve();
      if ("failed" in answer) fail(new Error(`In another process: ${answer.failed}`));
      this.#note(answer);
      if ("done" in answer || "failed" in answer) this.#child.disconnect();
    });
    this.#child.once("error", fail);
    this.#child.once("exit", () => {
      ready.reject(new Error("Another process ended before it had opened the store."));
      ended.resolve();
    });
    this.#child.send(order);
  }

  /** Lets it begin, or go on. */
  go(): void {
    this.#send("go");
  }

  /** Lets it make the calls of a stage. Resolves when it has made them, or has ended. */
  async run(stage: Stage): Promise<void> {
    const done = this.#stagesDone + 1;
    this.#send({ stage });
    await this.#until(() => this.#stagesDone >= done);
  }

  /** Lets it close its store and end. */
  async end(): Promise<void> {
    this.#send("end");
    await this.ended;
  }

  /** Waits until it has told so many ids, or has ended. */
  async tells(count: number): Promise<void> {
    await this.#until(() => this.ids.length >= count);
  }

  /** Waits until so many more of its calls were answered, or it has ended. */
  async answersMore(count: number): Promise<void> {
    const enough = this.#answered + count;
    await this.#until(() => this.#answered >= enough);
  }

  /** Ends it at once, as a power cut would: it can do nothing more, not even tidy up. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended.catch(() => {});
  }

  /** Stops it where it is, until it is resumed: nothing of it runs, and it does not know. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Lets it go on where it was stopped. */
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  #send(signal: Signal): void {
    // One that has ended hears nothing, and its end is told elsewhere.
    if (this.#child.connected) this.#child.send(signal, () => {});
  }

  #note(answer: Answer): void {
    if ("ids" in answer) this.ids.push(...answer.ids);
    if ("outcome" in answer) this.outcomes.push(answer.outcome);
    if ("staged" in answer) this.#stagesDone += 1;
    if ("began" in answer) this.calls.push(answer.began);
    if ("ended" in answer) {
      this.#answered += 1;
      Object.assign(this.calls[answer.place] ?? {}, answer.ended);
    }
    this.#tellWatches();
  }

  /** Waits for something that it tells, or for its end. */
  async #until(isReached: () => boolean): Promise<void> {
    if (isReached()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watches.push({ isReached, reached: resolve });
    await Promise.race([promise, this.ended]);
  }

  #tellWatches(): void {
    for (const watch of this.#watches.filter(({ isReached }) => isReached())) {
      this.#watches.splice(this.#watches.indexOf(watch), 1);
      watch.reached();
    }
  }
}
