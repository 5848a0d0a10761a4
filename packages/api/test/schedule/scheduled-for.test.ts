import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scheduledFor } from "@anyqueue/api";
import { tickId } from "../../src/schedule/scheduled-for.ts";

describe("the tick of a scheduled job", () => {
  it("is read from its id, whatever the schedule is called", () => {
    const time = fc.date({ min: new Date(0), noInvalidDate: true });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), time, (name, at) => {
        expect(scheduledFor({ id: tickId("reports", name, at.getTime()) })).toBe(at.getTime());
      }),
    );
  });

  it.each(["default:1", "default:a@b", "default:@", "default:x@2026-01-01", "default:x@2026-99-01T00:00:00.000Z"])(
    "is not there in %s",
    (id) => expect(scheduledFor({ id })).toBeUndefined(),
  );
});
