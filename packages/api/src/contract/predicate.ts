import type { Json } from "./json.ts";

/** What a field of a job is compared with. All that are given must hold (P9). */
export interface Test {
  /** Structural equality: the order of keys does not matter, `1` equals `1.0`, `true` is not `1`. */
  readonly eq?: Json;
  /** Present, and not equal. */
  readonly ne?: Json;
  /** Numbers compare with numbers, strings with strings by code point; otherwise the test is false. */
  readonly lt?: number | string;
  readonly lte?: number | string;
  readonly gt?: number | string;
  readonly gte?: number | string;
  /** Equal to one of these. */
  readonly in?: readonly Json[];
  /** Present (a `null` is present) or not. */
  readonly exists?: boolean;
  /** A string that begins with this. */
  readonly prefix?: string;
}

/**
 * A condition on a job, as data. A path begins with a field of the job (`payload.user.id`, `attempt`), so it cannot
 * collide with `and`, `or`, `not`. Several paths in one object must all hold. `api` turns a bare scalar into `{ eq }`.
 */
export type Predicate =
  | { readonly and: readonly Predicate[] }
  | { readonly or: readonly Predicate[] }
  | { readonly not: Predicate }
  | { readonly [path: string]: Test };
