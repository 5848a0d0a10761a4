import { matchesType, matchesTypes } from "@anyqueue/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("matchesType", () => {
  it.each([
    ["mail.send", "mail.send", true],
    ["mail.send", "mail.Send", false],
    ["mail.*", "mail.send", true],
    ["mail.*", "mail", false],
    ["mail.*", "mail.send.now", false],
    ["*", "mail", true],
    ["*", "mail.send", false],
    ["**", "mail.send.now", true],
    ["mail.**", "mail", true],
    ["mail.**", "mail.a.b", true],
    ["mail.**", "mails.a", false],
    ["**.send", "send", true],
    ["**.send", "a.b.send", true],
    ["a.**.z", "a.z", true],
    ["a.**.z", "a.b.c.z", true],
    ["a.**.z", "a.z.b", false],
    ["**.**", "a", true],
    ["*.**.*", "a", false],
    ["*.**.*", "a.b", true],
    ["mail_%", "mail_%", true],
    ["mail_%", "mail_x", false],
    ["m*", "mail", false],
    ["m*", "m*", true],
    ["a.***", "a.b", false],
    ["a.+.c", "a.b.c", false],
    ["", "", true],
    ["*", "", true],
  ])("P9 says of pattern %j and type %j: %s", (pattern, type, fits) => {
    expect(matchesType(pattern, type)).toBe(fits);
  });

  it("P9 agrees with a regular expression", () => {
    const segment = fc.constantFrom("a", "b", "*", "**");
    const name = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.array(name, { minLength: 1, maxLength: 5 }),
        (pattern, type) => {
          const parts = pattern.map((part) =>
            part === "**" ? "(?:[^.]+\\.)*" : part === "*" ? "[^.]+\\." : `${part}\\.`,
          );
          const expected = new RegExp(`^${parts.join("")}$`).test(`${type.join(".")}.`);
          expect(matchesType(pattern.join("."), type.join("."))).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("comes to an answer whatever the pattern", () => {
    const pattern = Array.from({ length: 64 }, () => "**.a").join(".");
    const type = `${Array.from({ length: 127 }, () => "a").join(".")}.b`;

    // Trying every way to share the words out would not end.
    expect(matchesType(pattern, type)).toBe(false);
  });
});

describe("matchesTypes", () => {
  it("takes everything when there are no patterns, and nothing when there are none to fit", () => {
    expect(matchesTypes(undefined, "a")).toBe(true);
    expect(matchesTypes([], "a")).toBe(false);
    expect(matchesTypes(["b", "a"], "a")).toBe(true);
  });
});
