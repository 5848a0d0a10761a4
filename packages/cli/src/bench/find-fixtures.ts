import type { Fixture } from "@anyqueue/conformance";
import { showBackend } from "../backend.ts";
import { findFixture } from "../conformance/find-fixture.ts";

/**
 * Finds adapters to measure. Those of one name, such as a backend of ours with different options, are called as they were
 * asked for: `sqlite:?durability=normal`.
 *
 * @throws UsageError
 */
export async function findFixtures(subjects: readonly string[]): Promise<readonly Fixture[]> {
  const found = await Promise.all(subjects.map(findFixture));
  const isAlone = ({ name }: Fixture): boolean => found.filter((other) => other.name === name).length === 1;
  return found.map((fixture, n) => (isAlone(fixture) ? fixture : renamed(fixture, showBackend(subjects[n] ?? ""))));
}

function renamed(fixture: Fixture, name: string): Fixture {
  return Object.create(fixture, { name: { value: name } }) as Fixture;
}
