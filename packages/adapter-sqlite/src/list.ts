import {
  CANDIDATE_BOUND,
  decodeCursor,
  encodeCursor,
  isPlace,
  type Job,
  type JobQuery,
  matches,
  matchesTypes,
  type Page,
  TERMINAL_STATES,
} from "@anyqueue/api";
import type { Database } from "better-sqlite3";
import { type Prepared, Preparer } from "./preparer.ts";
import { COLUMNS, type JobRow, toJob } from "./rows.ts";

type Order = NonNullable<JobQuery["order"]>;

const ORDERS: Readonly<Record<Order, { readonly columns: readonly string[]; place(row: JobRow): readonly number[] }>> =
  {
    poll: { columns: ["priority", "run_at", "seq"], place: (row) => [row[5], row[6], row[0]] },
    inserted: { columns: ["seq"], place: (row) => [row[0]] },
    finished: { columns: ["finished_at", "seq"], place: (row) => [row[17] ?? 0, row[0]] },
  };

/** Lists jobs a page at a time. Type patterns and predicates are tested here, on a bounded number of candidates a call. */
export function list(prepared: ListStatements, query: JobQuery, now: number): Page<Job> {
  const { order = "inserted", limit, types, where } = query;
  const isFiltered = types !== undefined || where !== undefined;
  const { sql, values } = compile(query, order, now);
  const bound = isFiltered ? Math.max(CANDIDATE_BOUND, limit) : limit;

  const items: Job[] = [];
  let looked = 0;
  let last: JobRow | undefined;
  // One row more than wanted tells whether there is another page.
  for (const row of prepared.get(sql).iterate(...values, bound + 1)) {
    if (items.length === limit || looked === bound)
      return { items, ...(last && { after: encodeCursor(`list/${order}`, ORDERS[order].place(last)) }) };
    looked++;
    last = row;
    if (!matchesTypes(types, row[3])) continue;
    const job = toJob(row);
    if (where === undefined || matches(where, job)) items.push(job);
  }
  return { items };
}

/** Prepares each shape of list once; there are no more of them than combinations of the query's fields. */
export class ListStatements {
  readonly #preparer: Preparer;
  readonly #prepared = new Map<string, Prepared<unknown[], JobRow>>();

  constructor(db: Database) {
    this.#preparer = new Preparer(db);
  }

  get(sql: string): Prepared<unknown[], JobRow> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#preparer.tuples<unknown[], JobRow>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

function compile({ lanes, states, group, after }: JobQuery, order: Order, now: number) {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, ...more: readonly unknown[]) => {
    conditions.push(condition);
    values.push(...more);
  };

  const { columns } = ORDERS[order];
  if (lanes !== undefined) add(isOneOf("lane"), JSON.stringify(lanes));
  if (group !== undefined) add("grp = ?", group);
  if (order === "finished") {
    add("place = 6");
    const finished = TERMINAL_STATES.filter((state) => states === undefined || states.includes(state));
    add(isOneOf("state"), JSON.stringify(finished));
  } else if (states !== undefined) {
    const named = JSON.stringify(states.filter((state) => state !== "waiting" && state !== "delayed"));
    const isWaiting = states.includes("waiting");
    const isDelayed = states.includes("delayed");
    if (isWaiting && isDelayed) add(`(state = 'waiting' OR ${isOneOf("state")})`, named);
    else if (isWaiting) add(`(state = 'waiting' AND run_at <= ? OR ${isOneOf("state")})`, now, named);
    else if (isDelayed) add(`(state = 'waiting' AND run_at > ? OR ${isOneOf("state")})`, now, named);
    else add(isOneOf("state"), named);
  }
  if (after !== undefined) {
    const place = decodeCursor(`list/${order}`, after, isPlace(columns.length));
    add(`(${columns.join(", ")}) > (${place.map(() => "?").join(", ")})`, ...place);
  }
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return { sql: `SELECT ${COLUMNS} FROM anyqueue_jobs${where} ORDER BY ${columns.join(", ")} LIMIT ?`, values };
}

function isOneOf(column: string): string {
  return `${column} IN (SELECT value FROM json_each(?))`;
}
