import type { SubjectInfo } from "../result.ts";

/** Ours, the raw drivers, and the queues of others: what a colour tells at a glance. */
export type Kind = "ours" | "floor" | "other";

export function kindOf(subject: string): Kind {
  if (subject.startsWith("floor ")) return "floor";
  return subject.startsWith("anyqueue ") ? "ours" : "other";
}

/** The colour of a bar; the style sheet says what it is in the light and in the dark. */
export function colourOf(subject: string): string {
  return `var(--${kindOf(subject)})`;
}

const LINES = 8;

/** Colours that tell lines apart: the same subject has the same one in every chart. */
export function lineColours(subjects: readonly SubjectInfo[]): (subject: string) => string {
  const queues = subjects.map(({ name }) => name).filter((name) => kindOf(name) !== "floor");
  return (subject) => {
    const at = queues.indexOf(subject);
    return at < 0 ? "var(--floor)" : `var(--line-${(at % LINES) + 1})`;
  };
}
