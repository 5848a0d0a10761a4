import type { Readable } from "node:stream";

/** A line of a file, counted from 1; or why it is none. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly refused: string };

/** Longer lines are refused unread: no payload may be so long, so memory stays bounded whatever the file. */
export const LONGEST_LINE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Splits a stream into lines, at line feeds only: JSON may hold every other separator. Blank lines are left out, a
 * carriage return before the line feed and a byte order mark are no part of the line.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Line | undefined => {
    number++;
    const line = length > LONGEST_LINE ? tooLong(number) : decode(Buffer.concat(parts), number);
    parts = [];
    length = 0;
    return "text" in line && line.text === "" ? undefined : line;
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      const line = take();
      if (line) yield line;
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  const last = length > 0 ? take() : undefined;
  if (last) yield last;

  function add(part: Buffer): void {
    length += part.length;
    if (length <= LONGEST_LINE) parts.push(part);
    else parts = [];
  }
}

function decode(bytes: Buffer, number: number): Line {
  try {
    return { number, text: decoder.decode(bytes).trim() };
  } catch {
    return { number, refused: "It is not valid UTF-8." };
  }
}

function tooLong(number: number): Line {
  return { number, refused: `It is longer than ${LONGEST_LINE / 1024 / 1024} MiB.` };
}
