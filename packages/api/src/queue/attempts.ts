import type { JobError } from "../contract/job.ts";
import { QueueError } from "../errors.ts";
import type { Store } from "../store/store.ts";

const PAGE = 1000;

/** The errors of a job's failed attempts, from its log, the first one first (P16). @throws QueueError `MISSING`. */
export async function attemptsOf(store: Pick<Store, "events" | "get">, id: string): Promise<JobError[]> {
  const errors: JobError[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.events({ id, kinds: ["failed"], limit: PAGE, ...(after !== undefined && { after }) });
    for (const { error } of page.items) if (error) errors.push(error);
    if (page.items.length === 0) break;
    after = page.after;
  }
  if (errors.length > 0 || (await store.get([id]))[0]) return errors;
  throw new QueueError("MISSING", `There is no job ${id}. It was never added, or was removed, and its log with it.`);
}
