import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { childModule } from "../child-module.ts";
import { CommandError } from "../failure.ts";
import type { Order, Task, Word } from "./messages.ts";
import type { Staff } from "./staff.ts";

/** So many workers may die by themselves before the crew gives up. */
const MAX_ACCIDENTS = 5;

/** Worker processes, always as many as asked for: one that dies is replaced. */
export class Crew implements Staff {
  readonly #size: number;
  readonly #onTrouble: (message: string) => void;
  readonly #workers = new Set<ChildProcess>();
  readonly #ready = new Set<ChildProcess>();
  readonly #working = new Set<ChildProcess>();
  #task: Task | undefined;
  #stopping = false;
  #accidents = 0;
  #lastTrouble = "";
  done = 0;
  kills = 0;
  failure: Error | undefined;

  constructor(size: number, onTrouble: (message: string) => void) {
    this.#size = size;
    this.#onTrouble = onTrouble;
  }

  assemble(): void {
    while (this.#workers.size < this.#size && !this.#stopping) this.#hire();
  }

  start(task: Task): void {
    this.#task = task;
    for (const worker of this.#ready) this.#tell(worker, { kind: "start", task });
  }

  killAny(): boolean {
    // While nobody is at work there is nothing to lose, so wait; then it can be any, also one that is just starting.
    const victims = this.#working.size === 0 ? [] : [...this.#workers];
    const victim = victims[Math.floor(Math.random() * victims.length)];
    if (victim) this.#kill(victim);
    return victim !== undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const workers = [...this.#workers];
    for (const worker of workers) this.#tell(worker, { kind: "stop" });
    await Promise.all(workers.map(ended));
  }

  async disband(): Promise<void> {
    this.#stopping = true;
    const workers = [...this.#workers];
    for (const worker of workers) worker.kill("SIGKILL");
    await Promise.all(workers.map(ended));
  }

  #hire(): void {
    const worker = fork(childModule("demo/worker-process"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#workers.add(worker);
    worker.on("message", (word: Word) => this.#hear(worker, word));
    worker.on("error", (error) => (this.#lastTrouble = error.message));
    worker.on("exit", (code, signal) => this.#miss(worker, signal ?? `exit code ${code}`));
  }

  #hear(worker: ChildProcess, word: Word): void {
    if (word.kind === "done") this.done += word.count;
    else if (word.kind === "working") this.#working.add(worker);
    else if (word.kind === "halted") this.#kill(worker);
    else if (word.kind === "trouble") this.#note(word.message);
    else this.#welcome(worker);
  }

  #welcome(worker: ChildProcess): void {
    this.#ready.add(worker);
    if (this.#task) this.#tell(worker, { kind: "start", task: this.#task });
  }

  #kill(worker: ChildProcess): void {
    if (!this.#forget(worker)) return;
    this.kills++;
    worker.kill("SIGKILL");
    this.assemble();
  }

  #miss(worker: ChildProcess, how: string): void {
    if (!this.#forget(worker) || this.#stopping) return;
    if (++this.#accidents <= MAX_ACCIDENTS) return this.assemble();
    const reason = this.#lastTrouble || `the last one with ${how}.`;
    this.failure = new CommandError("WORKERS_DIED", `The worker processes keep ending: ${reason}`);
  }

  /** False when it was forgotten before. */
  #forget(worker: ChildProcess): boolean {
    this.#ready.delete(worker);
    this.#working.delete(worker);
    return this.#workers.delete(worker);
  }

  #note(message: string): void {
    this.#lastTrouble = message;
    if (!this.#stopping) this.#onTrouble(message);
  }

  #tell(worker: ChildProcess, order: Order): void {
    // One that has just died hears nothing; its exit is dealt with.
    if (worker.connected) worker.send(order, () => undefined);
  }
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, "exit");
}
