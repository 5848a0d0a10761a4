import { styleText } from "node:util";

/** How a report looks. */
export interface Look {
  /** As wide as this at most; absent, as wide as it gets. */
  readonly width?: number;
  /** With colours, for a terminal. */
  readonly isColoured?: boolean;
  /** The command that ran the suite, to say how a part of it is run again. */
  readonly command?: string;
}

export type Tone = "good" | "bad" | "faint" | "strong";

const FORMATS = { good: "green", bad: "red", faint: "gray", strong: "bold" } as const;

/** A text in a tone, where there are colours. */
export function toned(tone: Tone, text: string, { isColoured = false }: Look): string {
  return isColoured ? styleText(FORMATS[tone], text, { validateStream: false }) : text;
}
