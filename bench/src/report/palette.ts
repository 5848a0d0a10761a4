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

/** How the line of a subject looks. */
export interface LineStyle {
  readonly colour: string;
  /** Where there are more lines than colours. */
  readonly dash: string;
}

const COLOURS = 8;
const DASHES = ["none", "5,3", "2,2", "9,3,2,3", "1,4", "10,5"];

/** Tells the lines of a scenario apart: the same subject looks the same in each of its charts. */
export function lineStyles(subjects: readonly string[]): (subject: string) => LineStyle {
  const queues = subjects.filter((name) => kindOf(name) !== "floor");
  const floors = subjects.filter((name) => kindOf(name) === "floor");
  return (subject) => {
    const at = queues.indexOf(subject);
    return at < 0
      ? { colour: "var(--floor)", dash: dashOf(floors.indexOf(subject)) }
      : { colour: `var(--line-${(at % COLOURS) + 1})`, dash: dashOf(Math.floor(at / COLOURS)) };
  };
}

function dashOf(n: number): string {
  return DASHES[n % DASHES.length] ?? "none";
}
