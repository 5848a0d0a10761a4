import type { JobSelection, Queue } from "@anyqueue/api";

const PAGE = 10_000;

/** How many jobs a selection means, page by page. */
export async function countJobs(queue: Queue, selection: JobSelection): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await queue.list({ ...selection, limit: PAGE, ...(after !== undefined && { after }) });
    count += page.items.length;
    after = page.after;
  } while (after !== undefined);
  return count;
}
