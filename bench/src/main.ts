import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureFlatness } from "./flatness.ts";
import { scenarios, type Size } from "./scenarios.ts";
import { median } from "./statistics.ts";
import type { Subject } from "./subject.ts";
import { anyqueue } from "./subjects/anyqueue.ts";
import { floorMemory } from "./subjects/floor-memory.ts";
import { floorSqlite } from "./subjects/floor-sqlite.ts";
import { flatnessTable, throughputTable, type Measurement } from "./tables.ts";

const FULL: Size = { addMs: 1000, concurrent: 30_000, bulk: 50_000, drainSingle: 3000, drain: 50_000, latency: 100 };
const SMOKE: Size = { addMs: 20, concurrent: 200, bulk: 2000, drainSingle: 50, drain: 2000, latency: 3 };

const { values } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    runs: { type: "string" },
    json: { type: "string" },
  },
});
const size = values.smoke ? SMOKE : FULL;
const runs = Number(values.runs ?? (values.smoke ? 1 : 3));

const subjects: readonly Subject[] = [
  floorSqlite("full"),
  anyqueue("sqlite", "full"),
  floorSqlite("normal"),
  anyqueue("sqlite", "normal"),
  floorMemory,
  anyqueue("memory"),
].filter(({ name }) => values.only === undefined || name.includes(values.only));

// Subjects take turns, so that a slow moment of the machine does not fall on one of them alone.
const measurements: Measurement[] = [];
for (let run = 1; run <= runs; run++) {
  for (const subject of subjects) {
    process.stderr.write(`run ${run} of ${runs}: ${subject.name}\n`);
    const session = await subject.open();
    for (const scenario of scenarios) {
      const value = await scenario.run(session, size);
      if (value !== undefined) measurements.push({ subject: subject.name, scenario: scenario.name, value });
    }
    await session.close();
  }
}
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, median of ${runs}; ratios are to the floor of the same durability.\n`,
);
console.log(throughputTable(subjects, measurements));

const backlogs = values.smoke ? [1000, 2000] : [1000, 10_000, 100_000, 1_000_000];
const flat: { subject: string; rows: Awaited<ReturnType<typeof measureFlatness>> }[] = [];
for (const subject of subjects.filter(({ name }) => name === "anyqueue memory" || name === "anyqueue sqlite FULL")) {
  process.stderr.write(`backlog: ${subject.name}\n`);
  flat.push({ subject: subject.name, rows: await measureFlatness(subject, backlogs, values.smoke ? 1000 : undefined) });
}
for (const { subject, rows } of flat) console.log(`\n${flatnessTable(subject, rows)}`);

if (values.json !== undefined) {
  const medians = subjects.flatMap(({ name, durability }) =>
    scenarios.map(({ name: scenario, unit }) => {
      const own = measurements
        .filter((each) => each.subject === name && each.scenario === scenario)
        .map(({ value }) => value);
      return { subject: name, durability, scenario, unit, median: own.length === 0 ? null : median(own), values: own };
    }),
  );
  await writeFile(values.json, `${JSON.stringify({ node: process.version, size, medians, flat }, null, 2)}\n`);
}
