import { CLOCK } from "./clause.ts";

/** Epoch milliseconds as a time. */
const time = (column: string): string => `to_timestamp(${column} / 1000.0)`;

interface Column {
  readonly type: string;
  /** How it is read from a row of the table or function with this alias. */
  readonly of: (alias: string) => string;
}

const plain = (type: string, name: string): Column => ({ type, of: (alias) => `${alias}.${name}` });
const json = (name: string): Column => ({ type: "jsonb", of: (alias) => `${alias}.${name}::jsonb` });
const at = (name: string): Column => ({ type: "timestamptz", of: (alias) => time(`${alias}.${name}`) });

/** A job as people and other languages see it: times are times, and rare fields are columns of their own. In this order. */
export const READABLE: ReadonlyMap<string, Column> = new Map<string, Column>([
  ["id", plain("text", "id")],
  ["type", plain("text", "type")],
  ["payload", json("payload")],
  ["lane", plain("text", "lane")],
  ["state", plain("text", "state")],
  // A job that is waiting for its time is `delayed` to those who look; its state stays what it is.
  [
    "status",
    {
      type: "text",
      of: (alias) =>
        `CASE WHEN ${alias}.state = 'waiting' AND ${alias}.run_at > (SELECT ${CLOCK}) THEN 'delayed' ELSE ${alias}.state END`,
    },
  ],
  ["priority", plain("bigint", "priority")],
  ["run_at", at("run_at")],
  ["attempt", plain("int", "attempt")],
  ["max_attempts", plain("int", "max_attempts")],
  ["token", plain("bigint", "token")],
  ["lease_until", at("lease_until")],
  ["holder", plain("text", "holder")],
  ["cancel_requested", { type: "boolean", of: (alias) => `coalesce(${alias}.cancel_requested, false)` }],
  ["group", plain("text", "grp")],
  [
    "timeout",
    { type: "interval", of: (alias) => `(${alias}.extra::json ->> 'timeoutMs')::bigint * interval '1 millisecond'` },
  ],
  ["backoff", { type: "jsonb", of: (alias) => `(${alias}.extra::json -> 'backoff')::jsonb` }],
  ["progress", json("progress")],
  ["result", json("result")],
  ["error", json("error")],
  ["inserted_at", at("inserted_at")],
  ["updated_at", at("updated_at")],
  ["finished_at", at("finished_at")],
  ["version", plain("int", "version")],
  // The order of insertion.
  ["seq", plain("bigint", "seq")],
  // Views can only get more columns at their end.
  ["unique_key", { type: "text", of: (alias) => `${alias}.extra::json -> 'unique' ->> 'key'` }],
  ["ordering_key", plain("text", "okey")],
  [
    "depends_on",
    {
      type: "text[]",
      of: (alias) =>
        `CASE WHEN ${alias}.extra::json -> 'dependsOn' IS NOT NULL
          THEN ARRAY(SELECT json_array_elements_text(${alias}.extra::json -> 'dependsOn')) END`,
    },
  ],
  ["on_parent", { type: "text", of: (alias) => `${alias}.extra::json ->> 'onParent'` }],
  ["keep", { type: "jsonb", of: (alias) => `(${alias}.extra::json -> 'keep')::jsonb` }],
]);

/** How a column is read from a row of the table or function with this alias. */
export function readable(alias: string, name: string): string {
  return columnOf(name).of(alias);
}

/** A column with its type, as what a function returns is declared. */
export function readableType(name: string): string {
  return `"${name}" ${columnOf(name).type}`;
}

function columnOf(name: string): Column {
  const column = READABLE.get(name);
  if (column === undefined) throw new Error(`There is no column ${name}.`);
  return column;
}
