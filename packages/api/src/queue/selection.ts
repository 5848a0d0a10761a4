import type { Job } from "../contract/job.ts";
import { isTerminal, TERMINAL_STATES } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import { checkList, type ListInput } from "../store/poll-input.ts";
import type { Store } from "../store/store.ts";

/** Which jobs to act on. All that is given must hold; nothing given is refused, since it would mean every job. */
export type JobSelection = Pick<ListInput, "lanes" | "states" | "types" | "group" | "where">;

/** How many jobs are looked at, and changed, in one call. */
export const PAGE = 1000;
const FIELDS = ["lanes", "states", "types", "group", "where"];
const HOW_TO_SELECT = `name ${FIELDS.join(", ")}.`;

/** The selected jobs, page by page, without AnyQueue's own; what others add meanwhile behind the last page is not among them. */
export async function* pagesOf(store: Pick<Store, "list">, selection: JobSelection): AsyncGenerator<readonly Job[]> {
  let after: string | undefined;
  do {
    const page = await store.list({ ...selection, limit: PAGE, ...(after !== undefined && { after }) });
    yield page.items.filter((job) => !job.lane.startsWith("$"));
    after = page.after;
  } while (after !== undefined);
}

/** How many of the selected jobs there are for which this holds. */
export async function countOf(
  store: Pick<Store, "list">,
  selection: JobSelection,
  holds: (job: Job) => boolean = () => true,
): Promise<number> {
  let count = 0;
  for await (const page of pagesOf(store, selection)) count += page.filter(holds).length;
  return count;
}

/** Refuses what is no selection, or would be every job. @throws QueueError `INVALID` naming the field. */
export function checkSelection(selection: unknown): asserts selection is JobSelection {
  if (typeof selection !== "object" || selection === null || Array.isArray(selection)) {
    throw new QueueError("INVALID", `Say which jobs: give an id, or ${HOW_TO_SELECT}`);
  }
  const unknown = Object.keys(selection).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw new QueueError("INVALID", `Say which jobs: \`${unknown}\` is not known; ${HOW_TO_SELECT}`);
  checkList({ ...selection, limit: 1 });
  if (Object.values(selection).every(isEmpty)) throw new QueueError("INVALID", `Say which jobs: ${HOW_TO_SELECT}`);
}

/** A selection of jobs that have ended: the failed ones when it names no states. @throws QueueError `INVALID`. */
export function finishedOf(selection: unknown, verb: "retry" | "move"): JobSelection {
  checkSelection(selection);
  const states = selection.states ?? ["failed"];
  const wrong = states.find((state) => !isTerminal(state));
  if (wrong === undefined) return { ...selection, states };
  throw new QueueError(
    "INVALID",
    `Cannot ${verb}: \`states\` holds ${JSON.stringify(wrong)}, but only ${TERMINAL_STATES.join(", ")} jobs can be ${{ retry: "retried", move: "moved" }[verb]}.`,
  );
}

/** Nothing, or a predicate that holds for every job. An empty list is something: it selects none. */
function isEmpty(filter: unknown): boolean {
  if (typeof filter !== "object" || filter === null) return filter === undefined;
  return !Array.isArray(filter) && Object.keys(filter).length === 0;
}
