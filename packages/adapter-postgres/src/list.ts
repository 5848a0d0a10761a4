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
  if (lanes !== undefined) conditions.push(`j.lane = ANY (${give(lanes)})`);
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
  if (order !== "finished" && unfinished?.length !== 0) add("hot_jobs", statesOf(unfinished, now, give));
  if (finished?.length !== 0) add("history", finished === undefined ? [] : [`j.state = ANY (${give(finished)})`]);
  if (halves.length === 0) add("history", ["false"]);
  return {
    sql: `SELECT * FROM (${halves.join(" UNION ALL ")}) found ORDER BY ${columns.join(", ")} LIMIT ${limit}`,
    values,
  };
}

/** `delayed` means waiting jobs that are not due yet, and `waiting` then only the others. */
function statesOf(
  states: readonly string[] | undefined,
  now: number | undefined,
  give: (value: unknown) => string,
): readonly string[] {
  if (states === undefined) return [];
  const named = give(states.filter((state) => state !== "waiting" && state !== "delayed"));
  const isWaiting = states.includes("waiting");
  const isDelayed = states.includes("delayed");
  if (isWaiting && isDelayed) return [`(j.state = 'waiting' OR j.state = ANY (${named}))`];
  if (!isWaiting && !isDelayed) return [`j.state = ANY (${named})`];
  const clock = `coalesce(${give(now ?? null)}::bigint, (SELECT ${CLOCK}))`;
  return [`(j.state = 'waiting' AND j.run_at ${isWaiting ? "<=" : ">"} ${clock} OR j.state = ANY (${named}))`];
}
