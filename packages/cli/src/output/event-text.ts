import type { JobEvent } from "@anyqueue/api";
import { printable } from "./printable.ts";

/** What happened to a job, on one line. */
export function eventText({ kind, error, data, from, to, holder }: JobEvent): string {
  if (kind === "failed") {
    const code = error?.code === undefined ? "" : ` [${printable(error.code)}]`;
    return `attempt ${error?.attempt ?? "?"} failed${code}: ${printable(error?.message ?? "")}`;
  }
  if (kind === "user") return printable(JSON.stringify(data) ?? "");
  const by = holder === undefined ? "" : ` by ${printable(holder)}`;
  return `${from === undefined ? "" : `${printable(from)} → `}${printable(to ?? kind)}${by}`;
}
