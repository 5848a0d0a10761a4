import type { Capabilities } from "@anyqueue/api";
import type { Settings } from "./options.ts";

/** What a store with these settings can do. `push` says whether other processes are heard at once. */
export function capabilitiesOf({ durability }: Settings, push: boolean): Capabilities {
  return Object.freeze({
    durability: durability === "on" ? "power-loss" : "crash",
    scope: "network",
    atomicity: "store",
    transactions: true,
    push,
  });
}
