import type { Adapter, EventQuery, JobEvent } from "@anyqueue/api";
import { holds } from "./check.ts";

/** What a reader of the log met until it ended for now, and where it goes on. */
export interface LogRead {
  readonly items: readonly JobEvent[];
  readonly after: string;
}

/** What is read of the log. Pages are as long as they may be, where the reader does not care. */
type LogQuery = Omit<EventQuery, "limit"> & Partial<Pick<EventQuery, "limit">>;

const PAGE = 1000;
/** So many pages no log of a case has; a reader who is led on for ever is stopped. */
const MOST_PAGES = 5000;

/**
 * Reads the log from a place to its end for now. Only an empty page is the end: a store may answer shorter ones before,
 * for example when it looks for some kinds of events in what it reads in batches (P23).
 */
export async function readOn(adapter: Pick<Adapter, "events">, query: LogQuery = {}): Promise<LogRead> {
  const { limit = PAGE } = query;
  const items: JobEvent[] = [];
  let { after } = query;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await adapter.events({ ...query, limit, ...(after !== undefined && { after }) });
    holds(page.items.length <= limit, "A page of events is longer than its limit.");
    ({ after } = page);
    if (page.items.length === 0) return { items, after: page.after };
    items.push(...page.items);
  }
  throw new Error("A reader of the log never came to an end.");
}

/** All the events that the log holds of what is asked for. */
export async function wholeLog(adapter: Pick<Adapter, "events">, query: LogQuery = {}): Promise<readonly JobEvent[]> {
  return (await readOn(adapter, query)).items;
}
