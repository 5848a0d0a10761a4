import type { Kind, Measurement } from "../measurement.ts";

/** The colour of ours, the raw drivers, and the queues of others; the style sheet says what it is in the light and in the dark. */
export function colourOf(kind: Kind | undefined): string {
  return `var(--${kind ?? "ours"})`;
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
export function lineStyles(measurements: readonly Measurement[]): (subject: string) => LineStyle {
  const namesOf = (all: readonly Measurement[]): string[] => [...new Set(all.map(({ subject }) => subject))];
  const queues = namesOf(measurements.filter(({ kind }) => kind !== "floor"));
  const floors = namesOf(measurements.filter(({ kind }) => kind === "floor"));
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
