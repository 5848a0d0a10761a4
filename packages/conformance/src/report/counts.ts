import type { CaseReport } from "./report.ts";

/** What the races and crashes of a run came to, in sentences: how much was tried, how often work was done twice, and what is not known. */
export function renderCounts(cases: readonly CaseReport[]): string {
  const all = cases.flatMap(({ counts }) => (counts?.["acknowledged"] === undefined ? [] : [counts]));
  if (all.length === 0) return "";
  const sum = (name: string): number => all.reduce((total, counts) => total + (counts[name] ?? 0), 0);
  const tried = `${counted(sum("calls"), "call")} in ${counted(sum("rounds"), "round")}`;
  const twice = `${counted(sum("takenOver"), "lease")} ended, jobs were begun again ${counted(sum("again"), "time")}`;
  const open = sum("unjudged");
  const unknown = open > 0 ? ` ${counted(open, "job")} took too long to judge.` : "";
  return `Races and crashes: ${tried}; ${twice}.${unknown}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
