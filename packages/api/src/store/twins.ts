import { laneOf } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { JobInput } from "./job-input.ts";

/**
 * Refuses jobs of one call that keep each other out, so that with `allOrNone` none could ever be added (P4).
 * @throws QueueError `INVALID` naming the two.
 */
export function refuseTwins(
  jobs: readonly Pick<JobInput, "id" | "unique">[],
  subject: string,
  nameOf: (place: number) => string,
): void {
  const places = new Map<string, number>();
  jobs.forEach(({ id = "", unique }, i) => {
    meet(id, i, `id, ${id}`);
    if (unique) meet(`${laneOf(id)} ${unique.key}`, i, `unique key, ${unique.key}`);
  });

  function meet(name: string, place: number, what: string): void {
    const other = places.get(name);
    places.set(name, place);
    if (other === undefined) return;
    throw new QueueError(
      "INVALID",
      `${subject}: ${nameOf(other)} and ${nameOf(place)} have the same ${what}. Leave out one of them.`,
    );
  }
}
