import { runConformance } from "@anyqueue/conformance";
import { describe, it } from "vitest";
import { fixture } from "./fixture.ts";

runConformance(fixture, { describe, it });
