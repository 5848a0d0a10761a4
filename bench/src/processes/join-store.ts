import type { Adapter } from "@anyqueue/api";
import { isFixtureAddress, joinAdapter, joinFixture } from "../fixtures/joined-fixture.ts";
import type { Session } from "../subject.ts";
import { subjectNamed } from "../subjects/index.ts";

/** Opens the store of a subject that another process made. */
export async function joinStore(subject: string, address: string): Promise<Session> {
  const session = isFixtureAddress(address) ? await joinFixture(address) : await subjectNamed(subject).join?.(address);
  if (session === undefined) throw new Error(`${subject} cannot share a store.`);
  return session;
}

/** The same for the contract itself, with so many connections at most. */
export async function joinStoreAdapter(subject: string, address: string, connections: number): Promise<Adapter> {
  const adapter = isFixtureAddress(address)
    ? await joinAdapter(address)
    : await subjectNamed(subject).adapter?.(address, connections);
  if (adapter === undefined) throw new Error(`${subject} opens no adapter.`);
  return adapter;
}
