import { describe, expect, it } from "vitest";
import { explore } from "../../src/model/play.ts";
import { draw } from "../../src/model/plans/script.ts";
import { type TasteName, TASTES } from "../../src/model/plans/tastes.ts";
import { MODEL } from "../../src/model/search.ts";
import { naive } from "../naive/fixture.ts";
import { guarded } from "./guarded.ts";

const NAMES = Object.keys(TASTES) as TasteName[];

describe("a script", () => {
  it("is the same for the same seed, and another one for another", () => {
    expect(draw(TASTES.storing, 7)).toEqual(draw(TASTES.storing, 7));
    expect(draw(TASTES.storing, 7)).not.toEqual(draw(TASTES.storing, 8));
  });

  it.each(NAMES)("about %s makes no call that the guard of adapters refuses", async (taste) => {
    for (let seed = 1; seed <= 12; seed++) {
      expect(await explore({ subject: guarded, reference: MODEL }, taste, seed)).toBeNull();
    }
  });

  it.each(NAMES)("about %s finds nothing where two adapters keep the promises, each in its own way", async (taste) => {
    for (let seed = 101; seed <= 108; seed++) {
      expect(await explore({ subject: naive(), reference: MODEL }, taste, seed)).toBeNull();
    }
  });
});
