import type { Job } from "@anyqueue/api";
import type pg from "pg";

/** What a ledger comes to. */
export interface Account {
  /** What must not be. */
  readonly complaints: readonly string[];
  readonly acknowledged: number;
  /** Adds that were told to have failed and are there all the same: their reply was lost. */
  readonly storedUnheard: number;
  readonly runs: number;
  /** Runs beyond the first of a job, each after a lease that had ended. */
  readonly doubles: number;
  readonly leasesEnded: number;
  /** Completions of which the worker was told. */
  readonly completed: number;
}

/**
 * What was told to callers and what handlers did, written down as it happened, to be held against what the store says in
 * the end. Each job carries its own number as its payload, so that one that was stored twice under two ids is found too.
 */
export class Ledger {
  readonly #acknowledged = new Map<string, number>();
  readonly #refused = new Set<number>();
  /** The tokens of the leases under which each job ran. */
  readonly #runs = new Map<string, number[]>();
  readonly #completed: string[] = [];

  acknowledge(id: string, number: number): void {
    this.#acknowledged.set(id, number);
  }

  /** An add that failed: nobody can say whether the job is there. */
  refuse(number: number): void {
    this.#refused.add(number);
  }

  run({ id, token }: Job): void {
    this.#runs.set(id, [...this.#runsOf(id), token]);
  }

  complete({ id }: Job): void {
    this.#completed.push(id);
  }

  get completions(): number {
    return this.#completed.length;
  }

  /**
   * Looks up whether every acknowledged job is there once and has ended once, by the result of the handler that held it
   * last; whether nothing is there that nobody added; and whether a job ran again only after a lease that had ended.
   */
  async close(client: pg.Client, schema: string): Promise<Account> {
    const stored = await readStored(client, schema);
    const unheard = stored.filter(({ id }) => !this.#acknowledged.has(id));
    const runs = stored.reduce((sum, { id }) => sum + this.#runsOf(id).length, 0);
    return {
      complaints: [
        ...this.#lost(stored),
        ...unheard.filter(({ number }) => !this.#refused.has(number)).map(({ id }) => `${id} was added by nobody`),
        ...repeated(stored.map(({ number }) => number)).map((number) => `job ${number} is stored twice`),
        ...repeated(this.#completed).map((id) => `${id} was completed twice`),
        ...stored.flatMap((job) => this.#wrong(job)),
      ],
      acknowledged: this.#acknowledged.size,
      storedUnheard: unheard.length,
      runs,
      doubles: runs - stored.length,
      leasesEnded: stored.reduce((sum, { leasesEnded }) => sum + leasesEnded, 0),
      completed: this.#completed.length,
    };
  }

  #lost(stored: readonly Stored[]): readonly string[] {
    const numbers = new Map(stored.map(({ id, number }) => [id, number]));
    const lost = [...this.#acknowledged].filter(([id, number]) => numbers.get(id) !== number);
    return lost.map(([id]) => `${id} was acknowledged and is lost`);
  }

  #wrong({ id, state, token, attempt, result, leasesEnded }: Stored): readonly string[] {
    const runs = this.#runsOf(id);
    const complaints: readonly [boolean, string][] = [
      [state !== "completed", `is ${state} in the end`],
      [!runs.includes(token), "was ended by nobody's lease"],
      [result?.token !== token, "has the result of a stale holder"],
      [repeated(runs).length > 0, "ran twice under one lease"],
      // An attempt ends the job or with its lease.
      [attempt !== 1 + leasesEnded, `was charged ${attempt} attempts for ${leasesEnded} leases that ended`],
      // The reply to a poll may be lost, and then nobody runs what it leased.
      [runs.length > attempt, `ran ${runs.length} times in ${attempt} attempts`],
    ];
    return complaints.filter(([isWrong]) => isWrong).map(([, complaint]) => `${id} ${complaint}`);
  }

  #runsOf(id: string): readonly number[] {
    return this.#runs.get(id) ?? [];
  }
}

function repeated<T>(values: readonly T[]): readonly T[] {
  const seen = new Set<T>();
  return values.filter((value) => seen.has(value) || !seen.add(value));
}

interface Stored {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly token: number;
  readonly attempt: number;
  readonly result: { readonly token: number } | null;
  readonly leasesEnded: number;
}

/** Not by way of the adapter, which would show one job where there are two rows of one id. */
async function readStored(client: pg.Client, schema: string): Promise<readonly Stored[]> {
  const { rows } = await client.query<Stored>(`
    SELECT j.id, (j.payload ->> 'number')::int AS number, j.state, j.token::int, j.attempt, j.result,
      (SELECT count(*) FROM ${schema}.events e WHERE e.id = j.id AND e.kind = 'failed')::int AS "leasesEnded"
    FROM (SELECT id, state, token, attempt, result, payload FROM ${schema}.hot_jobs
      UNION ALL SELECT id, state, token, attempt, result, payload FROM ${schema}.history) j`);
  return rows;
}
