import type { Found } from "@anyqueue/api";
import type { Answering } from "./connection.ts";
import { type JobRow, toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Reads jobs, in the order of the ids. */
export async function get(server: Answering, sql: Statements, ids: readonly string[]): Promise<Found[]> {
  const rows = (await server.answer(sql.get, [ids])) as readonly JobRow[] | null;
  const jobs = new Map(rows?.map((row) => [row[1], row]));
  return ids.map((id) => {
    const row = jobs.get(id);
    return row === undefined ? null : toJob(row);
  });
}
