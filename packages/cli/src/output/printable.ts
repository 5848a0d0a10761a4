const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text of unknown origin on one line, unable to move the cursor or to colour the terminal. */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The first line of a text, cut to a length. */
export function brief(text: string, length: number): string {
  const [first = ""] = text.split("\n", 1);
  const shown = printable(first);
  return shown.length <= length ? shown : `${shown.slice(0, length - 1)}…`;
}
