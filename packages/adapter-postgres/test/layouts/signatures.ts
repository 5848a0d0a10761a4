/**
 * The functions in a text of SQL that others call, an older version of this library among them: those that run as the
 * schema's owner. Each with its arguments, by name, and what it returns.
 */
export function signatures(sql: string): readonly string[] {
  const headers = sql.matchAll(/^CREATE OR REPLACE FUNCTION (.*?)\s+(?=ROWS|LANGUAGE)(.*?)\sAS\s/gms);
  return [...headers]
    .filter(([, , clause = ""]) => clause.includes("SECURITY DEFINER"))
    .map(([, signature = ""]) => signature.replaceAll(/\s+/g, " "))
    .toSorted();
}
