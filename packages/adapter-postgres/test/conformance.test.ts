import { runConformance } from "@anyqueue/conformance";
import { describe, it } from "vitest";
import { fixtureOf } from "./fixture.ts";

runConformance(await fixtureOf("postgres"), { describe, it });
