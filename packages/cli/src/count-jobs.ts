import type { Job, JobSelection, Queue } from "@anyqueue/api";

const PAGE = 10_000;

/** How many jobs of a selection an action would apply to, page by page. */
export async function countJobs(
  queue: Queue,
  selection: JobSelection,
  applies: (job: Job) => boolean,
): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await queue.list({ ...selection, limit: PAGE, ...(after !== undefined && { after }) });
    count += page.items.filter(applies).length;
    after = page.after;
  } while (after !== undefined);
  return count;
}
