import {
  CANDIDATE_BOUND,
  decodeCursor,
  encodeCursor,
  isPlace,
  isTerminal,
  type Job,
  type JobQuery,
  matches,
  matchesTypes,
  type Page,
} from "@anyqueue/api";
import type { Session } from "./connection.ts";
import { type JobRow, toJob } from "./rows.ts";
import { CLOCK } from "./sql/clause.ts";
import { columnsOf } from "./sql/row.ts";

type Order = NonNullable<JobQuery["order"]>;

const ORDERS: Readonly<Record<Order, { readonly columns: readonly string[]; place(row: JobRow): readonly number[] }>> =
  {
    poll: { columns: ["priority", "run_at", "seq"], place: (row) => [row[5], row[6], row[0]] },
    inserted: { columns: ["seq"], place: (row) => [row[0]] },
    finished: { columns: ["finished_at", "seq"], place: (row) => [row[17] ?? 0, row[0]] },
  };

/** How many jobs are read at once where types or a predicate may refuse most of them. */
const PAGE = 500;

/** The places of unfinished jobs, each of which has an index of its own: ready, scheduled, parked, blocked and leased. */
const PLACES = [0, 1, 2, 3, 4];

/** Lists jobs a page at a time. Type patterns and predicates are tested here, on a bounded number of candidates a call. */
export async function list(session: Session, schema: string, query: JobQuery): Promise<Page<Job>> {
  const { order = "inserted", limit, types, where } = query;
  const isFiltered = types !== undefined || where !== undefined;
  const bound = isFiltered ? Math.max(CANDIDATE_BOUND, limit) : limit;

  const items: Job[] = [];
  let looked = 0;
  let place = query.after === undefined ? undefined : readCursor(query);
  for (;;) {
    // One row more than wanted tells whether there is another page.
    const page = Math.min(isFiltered ? PAGE : limit + 1, bound - looked + 1);
    const { sql, values } = compile(schema, query, place, page);
    const rows = (await session.query(sql, values)) as unknown as readonly JobRow[];
    for (const row of rows) {
      if (items.length === limit || looked === bound)
        return { items, ...(place && { after: encodeCursor(`list/${order}`, place) }) };
      looked++;
      place = ORDERS[order].place(row);
      if (!matchesTypes(types, row[3])) continue;
      const job = toJob(row);
      if (where === undefined || matches(where, job)) items.push(job);
    }
    if (rows.length < page) return { items };
  }
}

function readCursor({ order = "inserted", after = "" }: JobQuery): readonly number[] {
  return decodeCursor(`list/${order}`, after, isPlace(ORDERS[order].columns.length));
}

function compile(schema: string, query: JobQuery, place: readonly number[] | undefined, limit: number) {
  const { lanes, states, group, order = "inserted", now } = query;
  const values: unknown[] = [];
  const give = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  const [lane, anotherLane] = lanes ?? [];
  const isOneLane = lane !== undefined && anotherLane === undefined;
  if (isOneLane) conditions.push(`j.lane = ${give(lane)}`);
  else if (lanes !== undefined) conditions.push(`j.lane = ANY (${give(lanes)})`);
  if (group !== undefined) conditions.push(`j.grp = ${give(group)}`);
  const { columns } = ORDERS[order];
  if (place !== undefined) {
    const from = place.map((part) => `${give(part)}::bigint`).join(", ");
    conditions.push(`(${columns.map((column) => `j.${column}`).join(", ")}) > (${from})`);
  }

  // Finished jobs are in a table of their own, so that each half is asked only for states that it can hold.
  const halves: string[] = [];
  const add = (table: string, more: readonly string[]) => {
    const where = [...conditions, ...more].map((condition) => ` AND ${condition}`).join("");
    halves.push(
      `(SELECT ${columnsOf("j")} FROM ${schema}.${table} j WHERE true${where}
        ORDER BY ${columns.map((column) => `j.${column}`).join(", ")} LIMIT ${limit})`,
    );
  };
  const unfinished = states?.filter((state) => !isTerminal(state));
  const finished = states?.filter(isTerminal);
  if (order !== "finished" && unfinished?.length !== 0) {
    const byState = unfinished === undefined ? [] : conditionsByState(unfinished, now, give);
    // One lane, state and place are in poll order in an index, so that a page does not sort a backlog.
    const mayWalk = order === "poll" && isOneLane && group === undefined && unfinished !== undefined;
    if (mayWalk)
      for (const place of PLACES) for (const state of byState) add("hot_jobs", [`j.place = ${place}`, state]);
    else add("hot_jobs", byState.length === 0 ? [] : [`(${byState.join(" OR ")})`]);
  }
  if (finished?.length !== 0) add("history", finished === undefined ? [] : [`j.state = ANY (${give(finished)})`]);
  if (halves.length === 0) add("history", ["false"]);
  return {
    sql: `SELECT * FROM (${halves.join(" UNION ALL ")}) found ORDER BY ${columns.join(", ")} LIMIT ${limit}`,
    values,
  };
}

/** For each state a condition. `delayed` means waiting jobs that are not due yet, and `waiting` then only the others. */
function conditionsByState(
  states: readonly string[],
  now: number | undefined,
  give: (value: unknown) => string,
): readonly string[] {
  const isWaiting = states.includes("waiting");
  const isDelayed = states.includes("delayed");
  const others = new Set(states.filter((state) => state !== "waiting" && state !== "delayed"));
  const conditions = Array.from(others, (state) => `j.state = ${give(state)}`);
  if (isWaiting && isDelayed) return [...conditions, "j.state = 'waiting'"];
  if (!isWaiting && !isDelayed) return conditions;
  const clock = `coalesce(${give(now ?? null)}::bigint, (SELECT ${CLOCK}))`;
  return [...conditions, `j.state = 'waiting' AND j.run_at ${isWaiting ? "<=" : ">"} ${clock}`];
}
