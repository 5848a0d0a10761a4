import {
  type Adapter,
  type At,
  type Change,
  type EventQuery,
  type Job,
  type JobEvent,
  laneOf,
  type NewJob,
  type PollRequest,
  type Settings,
} from "@anyqueue/api";
import { readOn } from "../read-log.ts";
import { differenceOf } from "./difference.ts";
import type { Known } from "./known.ts";
import type { Side } from "./side.ts";
import type { ChangePlan, JobPlan, Step } from "./step.ts";

/** What all the calls of a step go by. */
export interface Circumstances {
  readonly now: number;
  readonly known: Known;
  /** The order in which a poll of every lane is to serve them, which is left to each store. */
  readonly lanes?: readonly string[];
}

/** What a step came to: the answer, all pages of it together, or what was thrown. */
export type Outcome = { readonly answer: unknown } | { readonly thrown: unknown };

/** So many pages no list or log of a script has; an adapter that goes on for ever is stopped. */
const MOST_PAGES = 400;

/** A step that calls the adapter. */
type Call = Exclude<Step, { verb: "reopen" }>;

/** Makes the calls of a step on one of the stores. */
export async function perform(side: Side, step: Step, circumstances: Circumstances): Promise<Outcome> {
  try {
    if (step.verb === "reopen") return { answer: await side.reopen(step.by) };
    return { answer: await call(side, await side.handle(step.by), step, circumstances) };
  } catch (thrown) {
    return { thrown };
  }
}

function call(side: Side, adapter: Adapter, step: Call, circumstances: Circumstances): Promise<unknown> {
  const { now, known } = circumstances;
  switch (step.verb) {
    case "insert": {
      const at: At = { now, maybeStored: true, ...(step.allOrNone && { allOrNone: true }) };
      return adapter.insert(
        step.jobs.map((job) => jobOf(job, now)),
        at,
      );
    }
    case "poll":
      return adapter.poll(requestOf(step.request, circumstances));
    case "cas":
      return adapter.cas(
        step.changes.map((change) => changeOf(change, side, known, now)),
        { now },
      );
    case "get":
      return adapter.get(step.ids);
    case "list":
      return list(side, adapter, step, now);
    case "remove":
      return adapter.remove({ ...step.query, now });
    case "append": {
      const entries = step.entries.map(({ id, event, token }) => ({
        id,
        event,
        ...(token && { token: side.tokens.of(id, token) }),
      }));
      return adapter.append(entries, { now });
    }
    case "events":
      return events(side, adapter, step);
    case "lanes":
      return adapter.lanes({ now });
    case "configure":
      return adapter.configure(step.lane, step.settings);
  }
}

/** A job of a script as it is inserted. */
function jobOf({ runIn, ...plan }: JobPlan, now: number): NewJob {
  const lane = laneOf(plan.id);
  const usual = { lane, type: "work.do", payload: null, state: "waiting", priority: 512, maxAttempts: 3 };
  return { ...usual, ...plan, ...(runIn !== undefined && { runAt: now + runIn }) };
}

function requestOf(request: PollRequest, { now, lanes }: Circumstances): PollRequest {
  return { ...request, ...(lanes && request.lanes === undefined && { lanes }), now };
}

function changeOf({ expect, set, spawn, ...rest }: ChangePlan, { tokens }: Side, known: Known, now: number): Change {
  const { token, version, ...expected } = expect;
  const { runIn, ...settings } = set;
  const last = known.get(rest.id)?.version ?? 1;
  return {
    ...rest,
    expect: {
      ...expected,
      ...(token && { token: tokens.of(rest.id, token) }),
      ...(version && { version: version === "last" ? last : last - 1 }),
    },
    set: { ...settings, ...(runIn !== undefined && { runAt: now + runIn }) } satisfies Settings,
    ...(spawn && { spawn: spawn.map((job) => jobOf(job, now)) }),
  };
}

async function list(
  side: Side,
  adapter: Adapter,
  { by, query, page }: Extract<Step, { verb: "list" }>,
  now: number,
): Promise<unknown> {
  const place = `${by} ${query.order ?? "inserted"}`;
  const items: Job[] = [];
  let after = page === "next" ? side.pages.get(place) : undefined;
  for (let n = 0; n < MOST_PAGES; n++) {
    const answer = await adapter.list({ ...query, now, ...(after !== undefined && { after }) });
    refuseMore(answer.items, query.limit);
    items.push(...answer.items);
    ({ after } = answer);
    if (page === undefined && after !== undefined) continue;
    if (page !== undefined) side.pages.set(place, after);
    return { items, hasMore: after !== undefined };
  }
  throw new Error(`A list did not end after ${MOST_PAGES} pages.`);
}

async function events(
  side: Side,
  adapter: Adapter,
  { by, query, goesOn }: Extract<Step, { verb: "events" }>,
): Promise<unknown> {
  const items: JobEvent[] = [];
  let after = goesOn ? side.logs.get(by) : undefined;
  let middle: { readonly place: number; readonly cursor: string } | undefined;
  for (let n = 0; n < MOST_PAGES; n++) {
    const page = await adapter.events({ ...query, ...(after !== undefined && { after }) });
    refuseMore(page.items, query.limit);
    const half = page.items.length >> 1;
    if (half > 0) middle = { place: items.length + half, cursor: page.cursors[half - 1] ?? "" };
    items.push(...page.items);
    ({ after } = page);
    if (page.items.length > 0) continue;
    if (goesOn) side.logs.set(by, after);
    return { items, again: middle && (await goOn(adapter, query, middle.cursor, items.slice(middle.place))) };
  }
  throw new Error(`The log did not end after ${MOST_PAGES} pages.`);
}

/** Whether from the cursor of an event that is not the last of its page the events behind it come again (P23). */
async function goOn(adapter: Adapter, query: EventQuery, after: string, behind: readonly JobEvent[]): Promise<boolean> {
  const { items } = await readOn(adapter, { ...query, after, limit: 100 });
  return differenceOf(items, behind) === null;
}

function refuseMore(items: readonly unknown[], limit: number): void {
  if (items.length > limit) throw new Error(`A page of at most ${limit} has ${items.length} items.`);
}
