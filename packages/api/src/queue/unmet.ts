import type { Job } from "../contract/job.ts";
import type { Store } from "../store/store.ts";

/** How many jobs are looked at in one call. Each may come with a large payload and result. */
const MAX_LOOKED_AT = 100;

/**
 * Which of these jobs depend on one that is there and has not completed, so that they must not run yet (P20). A job that
 * goes on without those that it depends on (`release`) is none of them.
 */
export async function unmetOf(store: Pick<Store, "get">, jobs: readonly Job[]): Promise<ReadonlySet<string>> {
  const dependent = jobs.filter(({ dependsOn, onParent }) => dependsOn !== undefined && onParent !== "release");
  const ids = [...new Set(dependent.flatMap(({ dependsOn }) => dependsOn ?? []))];
  const incomplete = new Set<string>();
  for (let start = 0; start < ids.length; start += MAX_LOOKED_AT) {
    for (const job of await store.get(ids.slice(start, start + MAX_LOOKED_AT))) {
      if (job !== null && job.state !== "completed") incomplete.add(job.id);
    }
  }
  return new Set(dependent.filter(({ dependsOn }) => dependsOn?.some((id) => incomplete.has(id))).map(({ id }) => id));
}

/** The jobs of each page without those. */
export async function* withoutUnmet(
  store: Pick<Store, "get">,
  pages: AsyncIterable<readonly Job[]>,
): AsyncGenerator<readonly Job[]> {
  for await (const page of pages) {
    const unmet = await unmetOf(store, page);
    yield unmet.size === 0 ? page : page.filter(({ id }) => !unmet.has(id));
  }
}
