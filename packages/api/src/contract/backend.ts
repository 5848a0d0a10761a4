import type { TSchema } from "typebox";
import type { Adapter } from "./adapter.ts";

/**
 * How an adapter package presents itself to `openQueue`: it exports this as `backend`. `openQueue` loads the package by
 * name, checks the options against the schema, and calls `create`.
 */
export interface Backend<Tx = never> {
  /** `sqlite`. The first part of a URL, and `backend` in a config object. */
  readonly name: string;
  /** A TypeBox object schema of the options; unknown ones are refused. */
  readonly options: TSchema;
  /** Turns what follows `<name>:` in a URL, with its query already split off and parsed, into options. */
  fromUrl(address: string, query: Readonly<Record<string, string>>): Record<string, unknown>;
  /** Makes an adapter that is not open yet. */
  create(options: never): Adapter<Tx>;
  /**
   * Tells what opening the store would change in its layout, and changes nothing (P25). Left out where stores have no
   * layout. @throws QueueError as `open` does, such as `SCHEMA_NEWER`.
   */
  plan?(options: never): Promise<MigrationPlan>;
}

/** What opening a store would change in its layout. */
export interface MigrationPlan {
  /** The version of the layout that the store has; null when there is none yet. */
  readonly from: number | null;
  /** The version that it has once open. */
  readonly to: number;
  /** What would be done, each a sentence. Empty when there is nothing to do. */
  readonly changes: readonly string[];
  /** The same as statements of the store's own language, to be run as they are; empty when there is nothing to do. */
  readonly sql: string;
}

/**
 * The transaction type of each backend by name. Adapter packages add to it by declaration merging, so that
 * `openQueue("sqlite:…")` knows what `queue.in(tx)` takes.
 */
export interface BackendTransactions {}
