import type { Measurement } from "../src/measurement.ts";
import type { BenchResult } from "../src/result.ts";

/** A measurement in which only matters what is named. */
export function measured(parts: Partial<Measurement> = {}): Measurement {
  return {
    scenario: "throughput",
    metric: "add",
    unit: "jobs/s",
    parameters: {},
    subject: "anyqueue sqlite FULL",
    durability: "power-loss",
    batching: "adds merged",
    values: [100, 110, 120],
    invalid: [],
    ...parts,
  };
}

/** The result of a run that measured this. */
export function resultOf(measurements: readonly Measurement[], parts: Partial<BenchResult> = {}): BenchResult {
  const names = [...new Set(measurements.map(({ scenario }) => scenario))];
  return {
    format: "anyqueue bench 1",
    startedAt: "2026-11-22T09:00:00.000Z",
    seconds: 60,
    machine: {
      node: "v24.0.0",
      system: "linux 6 x64",
      cpu: "A processor",
      cores: 2,
      memoryBytes: 2 ** 33,
      load: 0,
      disk: { fileSystem: "ext4", device: "/dev/vda" },
      versions: { anyqueue: "0.1.0" },
      servers: {},
    },
    plan: { smoke: false, runs: 3, seed: 1 },
    subjects: measurements.map(({ subject, durability, batching }) => ({ name: subject, durability, batching })),
    leftOut: [],
    scenarios: names.map((name) => ({ name, about: `about ${name}` })),
    measurements,
    timeline: [],
    ...parts,
  };
}
