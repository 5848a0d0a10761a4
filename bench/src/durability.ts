import type { Durability } from "./measurement.ts";

/** The order in which durabilities are shown. */
export const SAFEST_FIRST: readonly Durability[] = ["power-loss", "crash", "snapshot", "none"];

/** What survives the same stands together, the safest first, and is never mixed with what survives less. */
export function byDurability<T extends { readonly durability: Durability }>(all: readonly T[]): [Durability, T[]][] {
  return SAFEST_FIRST.map((durability): [Durability, T[]] => [
    durability,
    all.filter((each) => each.durability === durability),
  ]).filter(([, members]) => members.length > 0);
}
