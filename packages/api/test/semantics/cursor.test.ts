import { decodeCursor, encodeCursor, isPlace, isPlaceByLane, isQueueError, wrongCursor } from "@anyqueue/api";
import { describe, expect, it } from "vitest";

describe("a cursor", () => {
  it("leads back to its place", () => {
    expect(decodeCursor("list/poll", encodeCursor("list/poll", [512, 1, 7]), isPlace(3))).toEqual([512, 1, 7]);
    const places = [
      ["a:b", [1]],
      ["constructor", [2]],
    ] as const;
    expect(decodeCursor("poll/touched", encodeCursor("poll/touched", places), isPlaceByLane(1))).toEqual(places);
  });

  it.each([
    "",
    "x",
    "null",
    "[7]",
    "list/inserted",
    "list/inserted:",
    "list/inserted:[7]]",
    "list/inserted:7",
    'list/inserted:["7"]',
    "list/inserted:[7,7]",
    "list/inserted:[null]",
    "list/inserted2:[7]",
    "list:[7]",
    "list/finished:[7]",
    "events:[7]",
  ])("is not %j", (text) => {
    expect(refusal("list/inserted", text)).toBe("INVALID");
  });

  it.each(["{}", "[[1,[1]]]", '[["a"]]', '[["a",[1],2]]', '[["a",[1,2]]]', '[["a",1]]', "[null]"])(
    "of a poll holds no places such as %s",
    (place) => {
      expect(isPlaceByLane(1)(JSON.parse(place))).toBe(false);
    },
  );

  it("that is refused says what was asked for and what to do", () => {
    expect(wrongCursor("list/finished").message).toBe(
      "`after` is not a cursor of `list` in finished order. " +
        "Pass on the `after` of the page before, in this order, or leave it out to begin anew.",
    );
    expect(wrongCursor("events").message).toBe(
      "`after` is not a cursor of `events`. Pass on the `after` of the page before, or leave it out to begin anew.",
    );
  });
});

function refusal(kind: string, text: string): string | undefined {
  try {
    decodeCursor(kind, text, isPlace(1));
    return undefined;
  } catch (error) {
    return isQueueError(error) ? error.code : "no QueueError";
  }
}
