import type { Capabilities } from "@anyqueue/api";
import type { Fixture } from "./fixture.ts";

/** Whether a case can run: `skip` when a capability excuses it, `fail` when one is claimed without the means to test it. */
export type Readiness = "ready" | { readonly skip: string } | { readonly fail: string };

/** What a case asks of its subject. */
export type Need = (fixture: Fixture, capabilities: Capabilities) => Readiness;

/** A store that is still there after its handle was closed. */
export const durable: Need = (fixture, { durability }) => {
  if (durability === "none") return { skip: 'durability is "none": the store ends with its handle' };
  return fixture.reopen ? "ready" : claimed(`durability "${durability}"`, "reopen");
};

/** A store whose acknowledged inserts survive the death of the process. */
export const crashProof: Need = (fixture, { durability }) => {
  if (durability === "none" || durability === "snapshot") return { skip: `durability is "${durability}"` };
  if (!fixture.reopen) return claimed(`durability "${durability}"`, "reopen");
  return fixture.crash || fixture.spawn ? "ready" : claimed(`durability "${durability}"`, "crash` or `spawn");
};

/** A store whose acknowledged inserts survive the crash of a handle, with the means to make one crash. */
export const crashable: Need = (fixture, capabilities) => {
  const readiness = crashProof(fixture, capabilities);
  if (readiness !== "ready" || fixture.crash) return readiness;
  // Its processes are killed instead.
  return { skip: "the fixture has no `crash`: other cases kill processes" };
};

/** A store that several handles share. */
export const shared: Need = (fixture, { scope }) => {
  if (scope === "process") return { skip: 'scope is "process": one handle is all there is' };
  return fixture.reopen ? "ready" : claimed(`scope "${scope}"`, "reopen");
};

/** A store that several processes share. */
export const sharedByProcesses: Need = (fixture, { scope }) => {
  if (scope === "process") return { skip: 'scope is "process"' };
  return fixture.spawn ? "ready" : claimed(`scope "${scope}"`, "spawn");
};

/** A store that several processes share, on a system that can stop them and let them go on. */
export const sharedByStoppable: Need = (fixture, capabilities) =>
  process.platform === "win32" ? { skip: "Windows cannot stop a process" } : sharedByProcesses(fixture, capabilities);

/** A store that tells other handles at once. */
export const pushing: Need = (fixture, capabilities) => {
  if (capabilities.scope === "process") return { skip: 'scope is "process": one handle is all there is' };
  if (!capabilities.push) return { skip: "push is false: other handles hear by polling" };
  return fixture.reopen ? "ready" : claimed("push", "reopen");
};

/** Verbs that join the caller's transaction. */
export const transactional: Need = (fixture, { transactions }) => {
  if (!transactions) return { skip: "transactions is false" };
  return fixture.transaction ? "ready" : claimed("transactions", "transaction");
};

/** A store of several handles, whose verbs join the caller's transaction. */
export const transactionalAndShared: Need = (fixture, capabilities) => {
  const readiness = transactional(fixture, capabilities);
  return readiness === "ready" ? shared(fixture, capabilities) : readiness;
};

/** A call is one step over all of its lanes. */
export const storeAtomic: Need = (_fixture, { atomicity }) =>
  atomicity === "store" ? "ready" : { skip: 'atomicity is "lane": a call over several lanes is several steps' };

function claimed(capability: string, means: string): Readiness {
  return { fail: `the adapter declares ${capability}, but the fixture has no \`${means}\` to test it with` };
}
