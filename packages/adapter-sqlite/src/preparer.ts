import type { Database } from "better-sqlite3";

/** A prepared statement, as far as it is used here. */
export interface Prepared<P extends unknown[], R> {
  readonly source: string;
  run(...parameters: P): { readonly changes: number };
  get(...parameters: P): R | undefined;
  all(...parameters: P): R[];
  iterate(...parameters: P): IterableIterator<R>;
}

/** A statement that takes many rows of values. */
export interface PreparedRows<P extends unknown[], Row extends unknown[]> {
  /** With as many rows as it takes at once. */
  readonly source: string;
  /** Answers how many rows it changed. */
  run(parameters: P, rows: readonly Row[]): number;
}

/** How many rows go with one execution: as many as there are, in as few as possible of these. */
const SIZES = [32, 8, 1] as const;

/** Prepares statements of a few kinds on one connection, the caller's own included (P5). */
export class Preparer {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** A statement whose rows are arrays, which are a third faster to read than objects. */
  tuples<P extends unknown[], R>(sql: string): Prepared<P, R> {
    return this.#prepare<P, R>(sql).raw();
  }

  /** A statement that answers one value. */
  value<P extends unknown[], R>(sql: string): Prepared<P, R> {
    return this.#prepare<P, R>(sql).pluck();
  }

  /** A statement that answers how many rows it changed. */
  change<P extends unknown[]>(sql: string): Prepared<P, unknown> {
    return this.#prepare<P, unknown>(sql);
  }

  /**
   * A statement over rows of `width` values. `many` is given a `VALUES` list of them; in it, as in `one`, they come behind
   * the other parameters. Much of what a small statement takes is to call it and to bind what is the same for all rows.
   */
  rows<P extends unknown[], Row extends unknown[]>(
    width: number,
    { one, many }: { readonly one: string; readonly many: (values: string) => string },
  ): PreparedRows<P, Row> {
    const row = `(${Array(width).fill("?").join(", ")})`;
    const sourceOf = (size: number) => (size === 1 ? one : many(Array(size).fill(row).join(", ")));
    // Prepared when first used, since few connections use every size of every statement.
    const statements = SIZES.map((size) => ({ size, of: lazy(() => this.change(sourceOf(size))) }));
    return {
      source: sourceOf(SIZES[0]),
      run: (parameters, rows) => {
        let changes = 0;
        let start = 0;
        for (const { size, of } of statements) {
          for (; rows.length - start >= size; start += size) {
            const values: unknown[] = [...parameters];
            // One by one, which takes a fifth of what flat() does.
            for (let i = start; i < start + size; i++) for (const value of rows[i] as Row) values.push(value);
            changes += of().run(...values).changes;
          }
        }
        return changes;
      },
    };
  }

  /**
   * A plain `?` lets the planner look at the value, and so plan anew at every call: 25 µs each time, and another plan
   * for other values. It does not look behind a unary plus. Integers come as numbers, whatever the connection's default.
   */
  #prepare<P extends unknown[], R>(sql: string) {
    return this.#db.prepare<P, R>(sql.replaceAll("?", "+?")).safeIntegers(false);
  }
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
