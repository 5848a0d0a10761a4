import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Line, linesOf, LONGEST_LINE } from "../src/add/lines.ts";
import { fromNow, humanDuration } from "../src/output/durations.ts";
import { brief } from "../src/output/printable.ts";
import { pairs, table } from "../src/output/table.ts";

describe("text for people", () => {
  it("aligns columns, numbers to the right", () => {
    expect(
      table(
        ["name", "count"],
        [
          ["a", 1],
          ["longer", 12_345],
        ],
      ),
    ).toBe("name     count\na            1\nlonger  12,345");
    expect(
      pairs([
        ["a", 1],
        ["bcd", "x"],
      ]),
    ).toBe("a    1\nbcd  x");
  });

  it.each([
    [0, "0ms"],
    [999, "999ms"],
    [1000, "1s"],
    [4230, "4.2s"],
    [75_000, "1m"],
    [12_000_000, "3h 20m"],
    [180_000_000, "2d 2h"],
  ])("says %i ms as %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  it("says when something is", () => {
    expect([fromNow(10_000, 10_000), fromNow(70_000, 10_000), fromNow(0, 7000)]).toEqual(["now", "in 1m", "7s ago"]);
  });

  it("lets no text of others steer the terminal", () => {
    expect(brief("\u001b[2Jgone\nand \u202emore", 40)).toBe("\\u001b[2Jgone\\nand \\u202emore");
    expect(brief("x".repeat(50), 10)).toBe("xxxxxxxxx…");
  });
});

describe("lines of a file", () => {
  async function lines(...chunks: Buffer[]): Promise<Line[]> {
    const found: Line[] = [];
    for await (const line of linesOf(Readable.from(chunks))) found.push(line);
    return found;
  }

  it("are split at line feeds only, wherever the pieces of the stream end", async () => {
    const bytes = Buffer.from('\ufeff1\r\n\n"ü\u2028"\n3');
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await lines(...pieces)).toEqual([
      { number: 1, text: "1" },
      { number: 3, text: '"ü\u2028"' },
      { number: 4, text: "3" },
    ]);
  });

  it("are refused one by one where they are no text or too long, and reading goes on", async () => {
    const long = Buffer.alloc(LONGEST_LINE + 1, "x");
    const found = await lines(Buffer.from([0xff]), Buffer.from("\n"), long, Buffer.from("\nlast\n"));
    expect(found).toEqual([
      { number: 1, refused: "It is not valid UTF-8." },
      { number: 2, refused: "It is longer than 4 MiB." },
      { number: 3, text: "last" },
    ]);
  });
});
