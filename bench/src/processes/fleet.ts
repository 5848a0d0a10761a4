import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Subject } from "../subject.ts";
import type { Tally } from "../tally.ts";
import type { Order, Report } from "./messages.ts";

const PROGRAM = fileURLToPath(new URL("worker-process.ts", import.meta.url));
type ReportOf<Is extends Report["is"]> = Extract<Report, { is: Is }>;

/** Worker processes on one store. */
export class Fleet {
  readonly #workers: readonly ChildProcess[];

  private constructor(workers: readonly ChildProcess[]) {
    this.#workers = workers;
  }

  /** Resolves when all of them have opened the store. */
  static async start(subject: Subject, address: string, count: number): Promise<Fleet> {
    const workers = Array.from({ length: count }, () =>
      fork(PROGRAM, [subject.name, address], { serialization: "advanced" }),
    );
    await Promise.all(workers.map((worker) => answer(worker, "ready")));
    return new Fleet(workers);
  }

  /** Lets all of them drain the store at once, adds up what they ran, and tells how long it took them together. */
  async drain(tally: Tally, single = false): Promise<number> {
    const drained = await this.#order({ do: "drain", single }, "drained");
    for (const { counts } of drained) tally.merge(counts);
    return Math.max(...drained.map(({ endedAt }) => endedAt)) - Math.min(...drained.map(({ startedAt }) => startedAt));
  }

  /** Lets all of them work until `stop`. `begun` is told which jobs began, and when on the machine's clock. */
  async work(everyMs: number, begun: (ran: readonly number[], at: readonly number[]) => void): Promise<void> {
    for (const worker of this.#workers) {
      worker.on("message", (report: Report) => {
        if (report.is === "progress") begun(report.ran, report.at);
      });
    }
    await this.#order({ do: "work", everyMs }, "working");
  }

  /** Ends the processes, after what they are doing. */
  async stop(): Promise<void> {
    const exits = this.#workers.map((worker) => once(worker, "exit"));
    await this.#order({ do: "stop" }, "stopped");
    await Promise.all(exits);
  }

  #order<Is extends Report["is"]>(order: Order, is: Is): Promise<ReportOf<Is>[]> {
    return Promise.all(
      this.#workers.map((worker) => {
        worker.send(order);
        return answer(worker, is);
      }),
    );
  }
}

function answer<Is extends Report["is"]>(worker: ChildProcess, is: Is): Promise<ReportOf<Is>> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      worker.off("message", listen).off("exit", fail);
      settle();
    };
    const fail = (): void => end(() => reject(new Error("A worker process ended by itself.")));
    const listen = (report: Report): void => {
      if (report.is === "broken") end(() => reject(new Error(report.reason)));
      else if (report.is === is) end(() => resolve(report as ReportOf<Is>));
    };
    worker.on("message", listen).on("exit", fail);
  });
}
