import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { programBeside } from "../program-beside.ts";
import { endProcess, hasEnded } from "./end-process.ts";
import type { Subject } from "../subject.ts";
import type { Tally } from "../tally.ts";
import type { Moments, Order, Report } from "./messages.ts";

const PROGRAM = programBeside("worker-process", import.meta.url);
type ReportOf<Is extends Report["is"]> = Extract<Report, { is: Is }>;

/** Worker processes on one store. */
export class Fleet {
  readonly #workers: readonly ChildProcess[];

  private constructor(workers: readonly ChildProcess[]) {
    this.#workers = workers;
  }

  /** Does something with so many processes that have opened the store; they end after it, also when it fails. */
  static async use<T>(
    subject: Subject,
    address: string,
    count: number,
    task: (fleet: Fleet) => Promise<T>,
  ): Promise<T> {
    const workers = Array.from({ length: count }, () =>
      fork(PROGRAM, [subject.name, address], { serialization: "advanced" })
        // An order that comes too late; that the process has ended is told by its exit.
        .on("error", () => undefined),
    );
    try {
      await Promise.all(workers.map((worker) => answer(worker, "ready")));
      const fleet = new Fleet(workers);
      const result = await task(fleet);
      await fleet.stop();
      return result;
    } finally {
      await Promise.all(workers.map(endProcess));
    }
  }

  /**
   * Lets all of them drain the store at once, and adds up what they ran. Tells how long it took from the start of the last
   * job of the warm-up, of so many jobs, to that of the last job, whoever ran them.
   */
  async drain(tally: Tally, warmUp = 1): Promise<{ readonly ms: number; readonly peakBytes: number }> {
    const drained = await this.#order({ do: "drain", first: warmUp }, "drained");
    for (const { counts } of drained) tally.merge(counts);
    const firstAt = drained.flatMap((each) => each.firstAt).toSorted((a, b) => a - b);
    return {
      ms: Math.max(...drained.map(({ lastAt }) => lastAt)) - (firstAt[warmUp - 1] ?? Number.NaN),
      peakBytes: Math.max(...drained.map((each) => each.peakBytes)),
    };
  }

  /** Lets all of them work until `stop`. Is told which jobs began and were finished, and when on the machine's clock. */
  async work(everyMs: number, progress: (begun: Moments, finished: Moments) => void): Promise<void> {
    for (const worker of this.#workers) {
      worker.on("message", (report: Report) => {
        if (report.is === "progress") progress(report.begun, report.finished);
      });
    }
    await this.#order({ do: "work", everyMs }, "working");
  }

  /** Ends the processes, after what they are doing; all they have to tell was told. */
  async stop(): Promise<void> {
    const running = this.#workers.filter((worker) => worker.connected);
    const exits = running.map((worker) => once(worker, "exit"));
    await this.#order({ do: "stop" }, "stopped", running);
    await Promise.all(exits);
  }

  #order<Is extends Report["is"]>(order: Order, is: Is, workers = this.#workers): Promise<ReportOf<Is>[]> {
    return Promise.all(
      workers.map((worker) => {
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
    if (hasEnded(worker)) fail();
  });
}
