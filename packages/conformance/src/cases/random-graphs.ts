import { fateOf, isTerminal, type OnParent } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { RANDOM_LIMIT } from "../time.ts";
import type { Trial } from "../trial.ts";
import { after } from "./dependencies.ts";

/** P20 in graphs that are drawn at random. */
export const randomGraphs: readonly Case[] = [
  {
    promise: "P20",
    title: "leaves blocked just what has to be, in any graph and whatever becomes of its jobs",
    async run(t) {
      const node = fc.record({
        parents: fc.uniqueArray(fc.nat(11), { maxLength: 3 }),
        onParent: fc.constantFrom("cancel" as const, "release" as const, "leave" as const),
        verb: fc.constantFrom("completed", "completed", "completed", "failed", "cancelled", "removed", "retried"),
        pick: fc.nat(99),
      });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(node, { minLength: 4, maxLength: 12 }),
          fc.integer({ min: 1, max: 12 }),
          async (nodes, batch) => {
            round += 1;
            const graph = new Graph(t, `round${round}`);
            for (let i = 0; i < nodes.length; i += batch) {
              await graph.add(nodes.slice(i, i + batch));
              for (const { verb, pick } of nodes.slice(i, i + batch)) await graph.end(verb, pick);
            }
            for (let i = 0; i < nodes.length; i++) await graph.end("completed", i);
          },
        ),
        { seed: t.seed, numRuns: 60, interruptAfterTimeLimit: RANDOM_LIMIT },
      );
    },
  },
];

/** What a job of a random graph should be: `open` stands for every state in which it can run. */
interface Expected {
  readonly id: string;
  readonly parents: readonly string[];
  readonly onParent: OnParent;
  readonly satisfied: Set<string>;
  state: "open" | "blocked" | "completed" | "failed" | "cancelled" | "removed";
}

/** A random graph of jobs, checked after each step against what it should be. */
class Graph {
  readonly #t: Trial;
  readonly #lane: string;
  readonly #jobs: Expected[] = [];

  constructor(t: Trial, lane: string) {
    this.#t = t;
    this.#lane = lane;
  }

  /** Adds jobs in one call, those last that the others depend on. */
  async add(nodes: readonly { readonly parents: readonly number[]; readonly onParent: OnParent }[]): Promise<void> {
    const added = nodes.map(({ parents, onParent }): Expected => {
      const id = `${this.#lane}:${this.#jobs.length}`;
      const known = parents.flatMap((i) => this.#jobs[i]?.id ?? []);
      const job: Expected = {
        id,
        parents: known,
        onParent,
        satisfied: new Set(),
        state: known.length > 0 ? "blocked" : "open",
      };
      this.#jobs.push(job);
      return job;
    });
    const wishes = added.map(({ id, parents, onParent }) => ({
      id,
      lane: this.#lane,
      ...(parents.length > 0 && after(parents, onParent)),
    }));
    await this.#t.addAll(wishes.toReversed());
    for (const job of added) for (const id of job.parents) this.#judge(job, this.#find(id));
    await this.#check();
  }

  /** Does something to one of the jobs to which it can be done. */
  async end(verb: string, pick: number): Promise<void> {
    const fitting = this.#jobs.filter(({ state }) =>
      verb === "retried" ? isTerminal(state) : verb === "removed" ? state !== "removed" : state === "open",
    );
    const job = fitting[pick % Math.max(1, fitting.length)];
    if (!job) return;
    const { id } = job;
    if (verb === "removed") await this.#t.adapter.remove({ ids: [id] });
    else {
      const { version } = await this.#t.read(id);
      await this.#t.apply({ id, expect: { version }, set: { state: verb === "retried" ? "waiting" : verb } });
    }
    if (verb === "retried") job.state = "open";
    else this.#to(job, verb as Expected["state"]);
    await this.#check();
  }

  #to(job: Expected, state: Expected["state"]): void {
    const wasOver = isTerminal(job.state);
    job.state = state;
    if (wasOver || state === "open" || state === "blocked") return;
    for (const each of this.#jobs) if (each.parents.includes(job.id)) this.#judge(each, job);
  }

  #judge(job: Expected, parent: Expected): void {
    if (job.state !== "blocked" || job.satisfied.has(parent.id)) return;
    const state = { open: "waiting", removed: null }[parent.state as string];
    const fate = fateOf(state === undefined ? parent.state : state, job.onParent);
    if (fate === "go on") job.satisfied.add(parent.id);
    if (fate === "cancel") this.#to(job, "cancelled");
    else if (job.satisfied.size === job.parents.length) this.#to(job, "open");
  }

  #find(id: string): Expected {
    const job = this.#jobs.find((each) => each.id === id);
    if (!job) throw new Error(`There is no ${id} in the graph.`);
    return job;
  }

  async #check(): Promise<void> {
    const found = await this.#t.adapter.get(this.#jobs.map((job) => job.id));
    const actual = found.map((job) => (job === null ? "removed" : job.state === "waiting" ? "open" : job.state));
    same(
      actual,
      this.#jobs.map((job) => job.state),
      "A job of a graph is not what it should be.",
    );
  }
}
