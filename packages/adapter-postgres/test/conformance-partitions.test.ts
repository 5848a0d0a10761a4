import { runConformance } from "@anyqueue/conformance";
import { describe, it } from "vitest";
import { fixtureOf } from "./fixture.ts";

runConformance(
  await fixtureOf("postgres, partitioned", { partitions: { by: "lane", count: 3 } }),
  { describe, it },
  { time: "5s" },
);
