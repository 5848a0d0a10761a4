import { describe, expect, it } from "vitest";
import { forgottenScenarios, renderScenarios } from "./scenarios.ts";

describe("the acceptance scenarios", () => {
  it("each have a case, or a reason why not", () => {
    expect(forgottenScenarios()).toEqual([]);
  });

  it("are listed with their cases in SCENARIOS.md", async () => {
    await expect(renderScenarios()).toMatchFileSnapshot("../SCENARIOS.md");
  });
});
