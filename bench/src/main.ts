import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { chosenScenarios, chosenSubjects, planOf, readOptions } from "./options.ts";
import { throughput } from "./scenarios/throughput.ts";
import { startPostgres } from "./servers/postgres.ts";
import type { Subject } from "./subject.ts";

// Through the normal exit, so that what was laid down in the file system is removed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const options = readOptions();
const wanted = chosenScenarios(options);
const invalid: string[] = [];
const plan = planOf(options, invalid);

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

  const outcomes: Record<string, unknown> = {};
  for (const scenario of wanted) {
    // A smoke sees that everything runs. That the setting of the weaker durability does, one scenario shows.
    const suited = subjects.filter(
      (subject) =>
        scenario.suits(subject) && !(plan.smoke && scenario !== throughput && subject.durability === "crash"),
    );
    if (suited.length === 0) continue;
    const { tables, data } = await scenario.run(suited, plan);
    console.log(`\n${scenario.name}: ${scenario.about}`);
    for (const text of tables) console.log(`\n${text}`);
    outcomes[scenario.name] = data;
  }
  for (const line of invalid) console.log(`\nINVALID: ${line}`);
  if (invalid.length > 0) process.exitCode = 1;
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ ...machine, invalid, scenarios: outcomes }, null, 2)}\n`);
  }
} finally {
  await server?.stop();
}

function settingsLine({ server_version: version, ...settings }: Readonly<Record<string, string>>): string {
  return [`PostgreSQL ${version}`, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)].join(" ");
}
