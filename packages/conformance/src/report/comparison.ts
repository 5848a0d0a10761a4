import type { Comparison, Difference } from "../model/compare-adapters.ts";
import { printable } from "../printable.ts";
import { renderReason } from "./failures.ts";
import { differenceIn } from "./findings.ts";
import { wrapped } from "./lines.ts";
import { type Look, toned } from "./style.ts";

/** A comparison as text for people: where the answers of two adapters differ, and by which calls. */
export function renderComparison(comparison: Comparison, look: Look = {}): string {
  const { subject, reference, seed, scripts, differences } = comparison;
  const causes = Map.groupBy(differences, differenceIn);
  const blocks = [...causes.values()].map((group) => renderGroup(group, look).join("\n"));
  const names = `${printable(subject)} and ${printable(reference)}`;
  const agreed = `${names} gave the same answers in ${counted(scripts, "script")}`;
  const verdict =
    differences.length === 0
      ? toned("good", `${agreed}.`, look)
      : toned("bad", `${names} differ; ${counted(scripts, "script")} had the same answers.`, look);
  return [...blocks, `${verdict} Seed ${seed}.`].join("\n\n");
}

/** Differences of one cause are shown once, by the fewest calls. */
function renderGroup(group: readonly Difference[], look: Look): string[] {
  const [best, ...others] = group.toSorted((a, b) => a.history.length - b.history.length);
  if (!best) return [];
  const { about, reason, history, replay } = best;
  const also = `The same where scripts are about ${others.map((other) => other.about).join(", ")}.`;
  return [
    `${toned("bad", "✗", look)} scripts about ${about}`,
    ...renderReason({ reason, history, ...(replay !== null && { replay }) }, look),
    ...(others.length > 0 ? ["", ...wrapped(also, look.width, 6, 0)] : []),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
