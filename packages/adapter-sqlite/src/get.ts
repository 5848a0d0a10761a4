import type { Found } from "@anyqueue/api";
import { toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Reads jobs, in the order of the ids. */
export function get(sql: Statements, ids: readonly string[]): Found[] {
  const rows = new Map(sql.findAll.all(JSON.stringify(ids)).map((row) => [row[1], row]));
  return ids.map((id) => {
    const row = rows.get(id);
    return row === undefined ? null : toJob(row);
  });
}
