import { setTimeout as sleep } from "node:timers/promises";
import { type Adapter, type Capabilities, QueueError } from "@anyqueue/api";
import type { Fixture } from "./fixture.ts";
import { VERBS } from "./history/call.ts";
import { errorText } from "./history/error-text.ts";

/** How long the first opening may take, in milliseconds. */
const OPENING_DEADLINE = 60_000;

/** What has to be known of an adapter before it is tested. */
export interface Subject {
  readonly adapter: string;
  readonly capabilities: Capabilities;
}

/**
 * Opens one store and closes it again, so that what keeps all cases from running is told once, and at once.
 *
 * @throws QueueError `UNAVAILABLE` saying what is missing or does not work.
 */
export async function openSubject(fixture: Fixture): Promise<Subject> {
  const adapter = await attempt(fixture, "`open` of the fixture", () => fixture.open());
  const missing = VERBS.filter((verb) => typeof (adapter as Partial<Adapter> | null)?.[verb] !== "function");
  if (missing.length > 0) {
    throw untestable(fixture, `what its \`open\` made is no adapter: it has no \`${missing.join("`, `")}\``);
  }
  try {
    await attempt(fixture, "`open`", () => adapter.open());
    return { adapter: adapter.name, capabilities: checkCapabilities(fixture, adapter) };
  } finally {
    // Whether closing works is a case's business.
    await quietly(() => adapter.close());
    await quietly(() => fixture.dispose?.(adapter));
  }
}

const CLAIMS: { readonly [C in keyof Capabilities]: readonly Capabilities[C][] } = {
  durability: ["none", "snapshot", "crash", "power-loss"],
  scope: ["process", "machine", "network"],
  atomicity: ["store", "lane"],
  transactions: [true, false, "synchronous"],
  push: [true, false],
};

function checkCapabilities(fixture: Fixture, { name, capabilities }: Adapter): Capabilities {
  if (typeof name !== "string" || name === "") throw untestable(fixture, 'the adapter has no `name`, such as "sqlite"');
  for (const [field, allowed] of Object.entries(CLAIMS)) {
    const value: unknown = (capabilities as Partial<Capabilities> | undefined)?.[field as keyof Capabilities];
    if ((allowed as readonly unknown[]).includes(value)) continue;
    const forms = allowed.map((each) => JSON.stringify(each)).join(", ");
    const found = value === undefined ? "missing" : JSON.stringify(value);
    throw untestable(fixture, `once it is open, \`capabilities.${field}\` must be one of ${forms}; it is ${found}`);
  }
  return { ...capabilities };
}

async function attempt<T>(fixture: Fixture, what: string, run: () => Promise<T> | T): Promise<T> {
  const ended = new AbortController();
  // It keeps no process alive: one in which nothing is left that could go on is noticed without waiting.
  const deadline = sleep(OPENING_DEADLINE, undefined, { signal: ended.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${OPENING_DEADLINE / 1000} seconds`);
  });
  try {
    return await Promise.race([run(), deadline]);
  } catch (error) {
    throw untestable(fixture, `${what} failed: ${errorText(error)}`, error);
  } finally {
    ended.abort();
    deadline.catch(() => {});
  }
}

async function quietly(run: () => Promise<void> | void | undefined): Promise<void> {
  try {
    await run();
  } catch {}
}

function untestable({ name }: Fixture, reason: string, cause?: unknown): QueueError {
  const message = `${JSON.stringify(name)} cannot be tested: ${reason}.`.replace(/\.\.$/, ".");
  return new QueueError("UNAVAILABLE", message, cause === undefined ? {} : { cause });
}
