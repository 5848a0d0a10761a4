/** Tells a trouble that nobody else hears of: a process warning, never a crash. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
