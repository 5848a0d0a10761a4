/** What an error says, with its code in front of it if it has one: `UNAVAILABLE: the connection was lost`. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? `${code}: ${error.message}` : error.message;
}
