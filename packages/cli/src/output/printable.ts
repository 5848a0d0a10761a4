import { printable } from "@anyqueue/conformance/printable";

export { printable };

/** A text on one line, cut to a length. */
export function brief(text: string, length: number): string {
  const shown = printable(text.trim());
  return shown.length <= length ? shown : `${shown.slice(0, length - 1)}…`;
}
