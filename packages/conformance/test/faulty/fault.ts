import type { Adapter, At, CasOutcome, Change, EventPage, EventQuery, Job, JobEvent } from "@anyqueue/api";
import type { PromiseNumber } from "../../src/case.ts";
import { decorate } from "../../src/decorate.ts";

/** One way for an adapter to be wrong. */
export interface Fault {
  /** The promise that it breaks; a case of this number has to find it. */
  readonly promise: PromiseNumber;
  /** What is wrong, as a sentence about the adapter. */
  readonly name: string;
  /** It shows only where several processes share the store, each of them wrong in this way. */
  readonly isBetweenProcesses?: true;
  /** Makes the adapter wrong in this way, and in no other. */
  break(adapter: Adapter): Adapter;
}

/** Makes each change by itself, in order, so that a fault can look around before and after. */
export async function oneByOne(
  changes: readonly Change[],
  make: (change: Change) => Promise<CasOutcome>,
): Promise<CasOutcome[]> {
  const outcomes: CasOutcome[] = [];
  for (const change of changes) outcomes.push(await make(change));
  return outcomes;
}

/** Makes one change. */
export async function change(adapter: Adapter, each: Change, at?: Parameters<Adapter["cas"]>[1]): Promise<CasOutcome> {
  const [outcome] = await adapter.cas([each], at);
  return outcome ?? { status: "missing" };
}

/** The object without one of its fields. */
export function without<T extends object, K extends keyof T>(object: T, field: K): Omit<T, K> {
  const { ...copy } = object;
  delete copy[field];
  return copy;
}

/** An adapter that makes other changes than it was told. */
export function changing(adapter: Adapter, otherwise: (each: Change, at?: At) => Change): Adapter {
  return decorate(adapter, {
    cas: (changes, at) =>
      adapter.cas(
        changes.map((each) => otherwise(each, at)),
        at,
      ),
  });
}

/** An adapter that makes other changes than it was told, depending on what the job is at that time. */
export function changingBy(adapter: Adapter, otherwise: (each: Change, job: Job, at: At) => Change): Adapter {
  return decorate(adapter, {
    cas: (changes, at) =>
      oneByOne(changes, async (each) => {
        const [job] = await adapter.get([each.id]);
        return change(adapter, job ? otherwise(each, job, at ?? {}) : each, at);
      }),
  });
}

/** An adapter on which jobs look otherwise than they are, whichever verb reads them. */
export function showing(adapter: Adapter, otherwise: (job: Job) => Job): Adapter {
  return decorate(adapter, {
    poll: async (request) => {
      const result = await adapter.poll(request);
      return { ...result, jobs: result.jobs.map(otherwise), expired: result.expired.map(otherwise) };
    },
    get: async (ids) => (await adapter.get(ids)).map((job) => job && otherwise(job)),
    list: async (query) => {
      const page = await adapter.list(query);
      return { ...page, items: page.items.map(otherwise) };
    },
  });
}

/** A page on which each event comes so many times. */
export async function repeated(
  adapter: Adapter,
  query: EventQuery,
  timesOf: (event: JobEvent) => number,
): Promise<EventPage> {
  const page = await adapter.events(query);
  const times = page.items.map(timesOf);
  const repeat = <T>(each: T, i: number): T[] => Array<T>(times[i] ?? 1).fill(each);
  return { ...page, items: page.items.flatMap(repeat), cursors: page.cursors.flatMap(repeat) };
}

/** A moment, in which others do something. */
export function later(): Promise<unknown> {
  return new Promise(setImmediate);
}
