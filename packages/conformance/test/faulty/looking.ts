import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import type { Case } from "../../src/case.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./index.ts";
import { finding, provableCases } from "./proving.ts";

/** Cases to run against a fault, or against the right adapter, as one process tells another. */
export interface Task {
  readonly fault: Pick<Fault, "promise" | "name"> | null;
  readonly cases: readonly Pick<Case, "promise" | "title">[];
  /** Whether the first case that finds the fault is enough. */
  readonly isFirstEnough: boolean;
}

/** A case that found something. */
interface Find {
  readonly title: string;
  readonly ms: number;
  /** What may be a mistake in the fault itself, and no broken promise. */
  readonly odd: string | null;
}

/** What came of a task: the cases that found something, the processor time of all, and the memory in use after it. */
export interface Looked {
  readonly finds: readonly Find[];
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Does a task in this process. */
export async function look({ fault: named, cases, isFirstEnough }: Task): Promise<Looked> {
  const fault = named && faults.find(({ promise, name }) => promise === named.promise && name === named.name);
  assert.ok(fault !== undefined, `There is no such fault: ${named?.name}.`);
  const finds: Find[] = [];
  const before = process.cpuUsage();
  for (const { promise, title } of cases) {
    const subject = provableCases.find((each) => each.promise === promise && each.title === title);
    assert.ok(subject, `There is no such case: ${title}.`);
    const startedAt = performance.now();
    const error = await finding(fault, subject);
    if (error === undefined) continue;
    finds.push({ title, ms: performance.now() - startedAt, odd: oddity(error) });
    if (isFirstEnough) break;
  }
  const { user, system } = process.cpuUsage(before);
  return { finds, cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() };
}

/** With more memory in use than this a process is replaced: what faulty adapters leave behind piles up. */
const MOST_MEMORY = 600 * 2 ** 20;

/** How long a process may take for one task, in milliseconds. */
const LONGEST = 180_000;

/** A process that does tasks, one after another. */
export class Looker {
  readonly #module: string;
  #child: ChildProcess | undefined;

  /** `module` is run with `worker` as its argument, and has to answer each message with what came of the task. */
  constructor(module: string) {
    this.#module = module;
  }

  /** Does a task there, or answers nothing if that ended the process. */
  async look(task: Task): Promise<Looked | undefined> {
    const child = (this.#child ??= fork(this.#module, ["worker"]));
    const { promise, resolve } = Promise.withResolvers<Looked | undefined>();
    const answer = (looked: Looked) => resolve(looked);
    const end = () => resolve(undefined);
    child.once("message", answer).once("exit", end).send(task);
    // A fault that lets a case run in circles lets no deadline of its own pass either.
    const late = setTimeout(() => child.kill("SIGKILL"), LONGEST);
    const looked = await promise;
    clearTimeout(late);
    child.off("message", answer).off("exit", end);
    if (looked === undefined) this.#child = undefined;
    else if (looked.rssBytes > MOST_MEMORY) this.stop();
    return looked;
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}

function oddity(error: unknown): string | null {
  const isOdd = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isOdd ? (error.stack?.split("\n").slice(0, 3).join(" ") ?? error.message) : null;
}
