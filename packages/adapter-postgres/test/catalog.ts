import { openClient } from "./server.ts";

/** What there is in a schema, one line each, as the server itself describes it. */
const QUERIES = [
  // columns
  `SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation::regcollation)
     || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p')`,
  // tables and sequences with their settings and rights
  `SELECT format('%s %s %s %s %s', c.relkind, c.relname, c.reloptions, c.relacl,
     pg_get_partkeydef(c.oid)) || coalesce(' ' || pg_get_expr(c.relpartbound, c.oid), '')
   FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind <> 'c'`,
  // indexes and what they keep unique
  `SELECT pg_get_indexdef(indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = $1::regnamespace`,
  `SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = $1::regnamespace`,
  // views
  `SELECT c.relname || pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'v'`,
  // functions with their rights
  `SELECT pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') FROM pg_proc p WHERE p.pronamespace = $1::regnamespace`,
];

/** All that a schema is made of, apart from its name and what depends on the day, to be compared with another one. */
export async function catalogOf(schema: string): Promise<readonly string[]> {
  const client = await openClient();
  const lines: string[] = [];
  for (const text of QUERIES) {
    const { rows } = await client.query<[string]>({ text, values: [schema], rowMode: "array" });
    const lasting = rows.filter(([line]) => !/history_\d{8}/.test(line));
    lines.push(...lasting.map(([line]) => line.replaceAll(schema, "the_schema")).toSorted());
  }
  return lines;
}
