import { type ChildProcess, fork } from "node:child_process";
import { hostname } from "node:os";
import { childModule } from "../child-module.ts";
import { CommandError, UsageError } from "../failure.ts";
import { humanDuration } from "../output/durations.ts";
import type { Output } from "../output/output.ts";
import { countOf } from "../output/table.ts";
import { type LeftBehind, leftBehind } from "./left-behind.ts";
import type { Order, Word } from "./messages.ts";
import type { WorkPlan } from "./run-worker.ts";
import { addTally, emptyTally, type Tally } from "./tally.ts";

/** How long to wait before a process that died is replaced, in milliseconds: longer each time one dies young. */
const PAUSE = { first: 500, most: 30_000 } as const;
/** A process that lived this long did not die young, in milliseconds. */
const OLD_ENOUGH = 60_000;

/** Several processes that run the same worker: one that dies unexpectedly is replaced after a pause. */
export class WorkerProcesses {
  readonly #plan: WorkPlan;
  readonly #output: Output;
  readonly #children = new Set<ChildProcess>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #tally = emptyTally();
  /** What those that died are called in the leases that they left. */
  readonly #dead = new Set<string>();
  #count = 0;
  #isStopping = false;
  #failure: Error | undefined;
  #end: () => void = () => undefined;

  constructor(plan: WorkPlan, output: Output) {
    this.#plan = plan;
    this.#output = output;
  }

  /**
   * Resolves when every process has ended: after `signal` aborted, or, if so planned, because nothing is due any more,
   * also nothing of what a process that died had begun.
   */
  async run(count: number, signal: AbortSignal): Promise<Tally> {
    signal.addEventListener("abort", () => this.#stop(), { once: true });
    this.#count = count;
    this.#startAll();
    await new Promise<void>((resolve) => (this.#end = resolve));
    if (this.#failure !== undefined) throw this.#failure;
    return this.#tally;
  }

  /** Ends all of them at once. */
  kill(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #startAll(): void {
    for (let i = 0; i < this.#count; i++) this.#start(PAUSE.first);
  }

  #start(pause: number): void {
    const child = fork(childModule("work/worker-process"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const holder = `${hostname().slice(0, 100)}/${child.pid}`;
    const plan = { ...this.#plan, options: { ...this.#plan.options, holder } };
    const startedAt = performance.now();
    let isFinished = false;
    this.#children.add(child);
    child.on("error", (error) => this.#output.note(`A worker process cannot be started: ${error.message}`));
    child.on("message", (word: Word) => {
      if (word.kind === "ready") tell(child, { kind: "start", plan, json: this.#output.json });
      else if (word.kind === "refused") this.#refuse(word.failure);
      else {
        isFinished = true;
        addTally(this.#tally, word.tally);
      }
    });
    child.on("close", (code, signal) => {
      this.#children.delete(child);
      const isDone = isFinished && (this.#isStopping || this.#plan.untilIdle);
      if (!isDone && !this.#isStopping) {
        this.#dead.add(holder);
        const isYoung = performance.now() - startedAt < OLD_ENOUGH;
        this.#replace(signal ?? `exit code ${code}`, isYoung ? pause : PAUSE.first);
      } else if (this.#children.size + this.#pauses.size === 0) void this.#finish();
    });
  }

  #replace(how: string, pause: number): void {
    this.#output.note(`A worker process ended unexpectedly (${how}); another one starts in ${humanDuration(pause)}.`);
    this.#after(pause, () => this.#start(Math.min(2 * pause, PAUSE.most)));
  }

  /** Ends, unless processes that died have left something behind: then goes on when it can be taken over. */
  async #finish(): Promise<void> {
    try {
      const isSure = this.#isStopping || this.#dead.size === 0;
      const left = isSure ? undefined : await leftBehind(this.#plan, this.#dead);
      if (this.#isStopping) this.#end();
      else if (left) this.#wait(left);
      else this.#end();
    } catch (error) {
      this.#failure = error as Error;
      this.#end();
    }
  }

  #wait({ count, until }: LeftBehind): void {
    const pause = Math.max(0, until - Date.now());
    const jobs = countOf(count, "job");
    this.#output.note(`${jobs} of processes that died can be taken over in ${humanDuration(pause)}, when leases end.`);
    this.#after(pause, () => this.#startAll());
  }

  #after(pause: number, go: () => void): void {
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      go();
    }, pause);
    this.#pauses.add(timer);
  }

  #refuse({ code, message, exitCode }: { code: string; message: string; exitCode: number }): void {
    this.#failure ??= exitCode === 2 ? new UsageError(message) : new CommandError(code, message);
    this.#stop();
  }

  #stop(): void {
    this.#isStopping = true;
    for (const timer of this.#pauses) clearTimeout(timer);
    this.#pauses.clear();
    for (const child of this.#children) tell(child, { kind: "stop" });
    if (this.#children.size === 0) this.#end();
  }
}

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order, () => undefined);
}
