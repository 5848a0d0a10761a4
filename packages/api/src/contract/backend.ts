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
}

/**
 * The transaction type of each backend by name. Adapter packages add to it by declaration merging, so that
 * `openQueue("sqlite:…")` knows what `queue.in(tx)` takes.
 */
export interface BackendTransactions {}
