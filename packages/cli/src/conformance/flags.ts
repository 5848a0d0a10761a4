import { promiseNamed, promises } from "@anyqueue/conformance";
import { UsageError } from "../failure.ts";
import type { GlobalFlags } from "../session.ts";

/** The options of `anyqueue conformance`. */
export interface ConformanceFlags extends GlobalFlags {
  readonly only?: readonly string[];
  readonly case?: string;
  readonly time?: number;
  readonly seed?: number;
  readonly replay?: string;
  readonly against?: string;
  readonly badge?: readonly string[];
}

/** Refuses promises that do not exist and options that do not go together. @throws UsageError naming them. */
export function checkFlags({ only = [], case: title, replay, against, badge = [] }: ConformanceFlags): void {
  const unknown = only.find((name) => promiseNamed(name) === undefined);
  if (unknown !== undefined) {
    const known = promises.map(({ promise }) => promise).join(", ");
    throw new UsageError(`--only ${unknown}: there is no such promise. There are ${known}.`);
  }
  const shapeless = badge.find((file) => !/\.(svg|json)$/.test(file));
  if (shapeless !== undefined) {
    throw new UsageError(
      `--badge ${shapeless}: name a file that ends in .svg, for an image, or in .json, for shields.io.`,
    );
  }
  const chosen =
    only.length > 0 ? "--only" : title !== undefined ? "--case" : replay !== undefined ? "--replay" : undefined;
  if (badge.length > 0 && chosen !== undefined) {
    throw new UsageError(`--badge tells of all promises, so it does not go with ${chosen}.`);
  }
  if (against === undefined) return;
  const foreign =
    badge.length > 0 ? "--badge" : only.length > 0 ? "--only" : title !== undefined ? "--case" : undefined;
  if (foreign !== undefined)
    throw new UsageError(`--against compares two adapters, it runs no cases: leave out ${foreign}.`);
}
