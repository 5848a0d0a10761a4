import type { ChildProcess } from "node:child_process";
import { programBeside } from "../program-beside.ts";
import type { Subject } from "../subject.ts";
import type { Tally } from "../tally.ts";
import { endOf, endProcess, startProcess, untilGone } from "./children.ts";
import type { Moments, Order, Report } from "./messages.ts";
import { endedByItself, reply } from "./reply.ts";

const PROGRAM = programBeside("worker-process", import.meta.url);
type ReportOf<Is extends Report["is"]> = Extract<Report, { is: Is }>;

/** Worker processes on one store. */
export class Fleet {
  readonly #workers: readonly ChildProcess[];
  #isStopped = false;

  private constructor(workers: readonly ChildProcess[]) {
    this.#workers = workers;
  }

  /**
   * Does something with so many processes that have opened the store; they end after it, also when it fails.
   * @throws Error if one of them ended by itself, whatever the task made of that.
   */
  static async use<T>(
    subject: Subject,
    address: string,
    count: number,
    task: (fleet: Fleet) => Promise<T>,
  ): Promise<T> {
    const workers = Array.from({ length: count }, () => startProcess(PROGRAM, [subject.name, address]));
    const fleet = new Fleet(workers);
    try {
      await Promise.all(workers.map((worker) => answer(worker, "ready")));
      const result = await task(fleet);
      await fleet.stop();
      return result;
    } catch (error) {
      const dead = fleet.#isStopped ? undefined : workers.find((worker) => endOf(worker) !== undefined);
      throw dead ? endedByItself(dead) : error;
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
    if (this.#isStopped) return;
    await this.#order({ do: "stop" }, "stopped");
    this.#isStopped = true;
    await Promise.all(this.#workers.map(untilGone));
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

async function answer<Is extends Report["is"]>(worker: ChildProcess, is: Is): Promise<ReportOf<Is>> {
  const report = await reply<Report>(worker, (each) => each.is === is || each.is === "broken");
  if (report.is === "broken") throw new Error(report.reason);
  return report as ReportOf<Is>;
}
