import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { chosenScenarios, chosenSubjects, planOf, readOptions } from "./options.ts";
import type { Measurement } from "./measurement.ts";
import { runScenario } from "./run-scenario.ts";
import { median } from "./statistics.ts";
import { table } from "./tables.ts";
import { throughput } from "./scenarios/throughput.ts";
import { startPostgres } from "./servers/postgres.ts";
import type { Subject } from "./subject.ts";

// Through the normal exit, so that what was laid down in the file system is removed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const options = readOptions();
const wanted = chosenScenarios(options);
const plan = planOf(options);

const candidates = chosenSubjects(options);
const usesPostgres = candidates.some(({ name }) => !/memory|sqlite/.test(name));
const server = usesPostgres ? await startPostgres() : undefined;
try {
  const subjects: Subject[] = [];
  for (const subject of candidates) {
    const hindrance = await subject.hindrance?.();
    if (hindrance === undefined) subjects.push(subject);
    else console.log(`Left out: ${subject.name}, because ${hindrance}.`);
  }
  const { about: postgres } = server ?? {};
  const machine = { node: process.version, cpus: `${cpus().length} × ${cpus()[0]?.model.trim()}`, postgres };
  console.log(
    `Node ${machine.node}, ${machine.cpus}${postgres ? `, ${settingsLine(postgres)}` : ""}; median of ${plan.runs}.`,
  );
  for (const { name, configuration } of subjects) if (configuration) console.log(`  ${name}: ${configuration}`);

  const measurements: Measurement[] = [];
  for (const scenario of wanted) {
    // A smoke sees that everything runs. That the setting of the weaker durability does, one scenario shows.
    const suited = subjects.filter(
      (subject) =>
        scenario.suits(subject) && !(plan.smoke && scenario !== throughput && subject.durability === "crash"),
    );
    if (suited.length === 0) continue;
    const found = await runScenario(scenario, suited, plan, {
      begins: ({ scenario: name, subject, round }) => void process.stderr.write(`${name} ${round}: ${subject}\n`),
      ended: () => undefined,
    });
    measurements.push(...found);
    const rows = found.map(({ subject, metric, parameters, values, unit }) => [
      subject,
      ...Object.values(parameters).map(String),
      metric,
      `${median(values)} ${unit}`,
    ]);
    console.log(`\n${scenario.name}: ${scenario.about}\n\n${table([], rows)}`);
  }
  for (const { subject, metric, invalid } of measurements) {
    for (const reason of invalid) console.log(`\nINVALID: ${subject}, ${metric}: ${reason}`);
    if (invalid.length > 0) process.exitCode = 1;
  }
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ ...machine, measurements }, null, 2)}\n`);
  }
} finally {
  await server?.stop();
}

function settingsLine({ server_version: version, ...settings }: Readonly<Record<string, string>>): string {
  return [`PostgreSQL ${version}`, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)].join(" ");
}
