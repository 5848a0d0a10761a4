import { isInMemory } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import type { BenchResult, ResultHead } from "./result.ts";
import type { Plan, ScenarioInfo } from "./scenario.ts";
import { parameterFigure } from "./tables/figure.ts";
import { Book } from "./tables/relation.ts";
import { tableOf } from "./tables/table-model.ts";
import { tableText } from "./tables/table-text.ts";

/** What a reader has to know before the figures. */
export function headText({ machine, plan, subjects, leftOut }: ResultHead): string {
  return [
    ...machineLines(machine),
    plan.runs === 1 ? "A single run: there is no telling how far it can be trusted." : `Medians of ${plan.runs} runs.`,
    ...cautions(machine, plan).map((caution) => `CAUTION ${caution}`),
    ...subjects.flatMap(({ name, configuration }) =>
      configuration === undefined ? [] : `  ${name}: ${configuration}`,
    ),
    ...leftOut.map(({ subject, because }) => `Left out: ${subject}, because ${because}.`),
  ].join("\n");
}

/** The machine, and each server with its settings. */
export function machineLines({
  node,
  system,
  cpu,
  cores,
  memoryBytes,
  disk,
  versions,
  servers,
}: BenchResult["machine"]): string[] {
  const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    `Node ${node} on ${system}; ${cores} × ${cpu}, ${memory}; ${disk.fileSystem} on ${disk.device}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
    ...Object.entries(servers).map(
      ([name, settings]) =>
        `${name}: ${Object.entries(settings)
          .map(([setting, value]) => `${setting} ${value}`)
          .join(", ")}`,
    ),
  ];
}

/** Why the figures may mislead. */
export function cautions(machine: BenchResult["machine"], { smoke }: Plan): string[] {
  return [
    ...(smoke ? ["A smoke only shows that everything runs. Its sizes are too small to compare anything."] : []),
    ...(isInMemory(machine.disk)
      ? [
          "The temporary folder is in memory, so nothing here survives a loss of power. Set TMPDIR to a folder on a disk.",
        ]
      : []),
  ];
}

/** A scenario with its table and what was invalid in it. */
export function scenarioText(scenario: ScenarioInfo, measurements: readonly Measurement[]): string {
  const table = tableOf(scenario, measurements, new Book(measurements));
  const unit = table.unit === undefined ? "" : ` [${table.unit}]`;
  return [
    `${scenario.name}: ${scenario.about}${unit}`,
    "",
    tableText(table),
    ...invalidLines(measurements).map((line) => `INVALID ${line}`),
  ].join("\n");
}

/** Each run that does not count, in words. */
export function invalidLines(measurements: readonly Measurement[]): string[] {
  const byRun = Map.groupBy(
    measurements.filter(({ invalid }) => invalid.length > 0),
    ({ scenario, subject, parameters, invalid }) => JSON.stringify([scenario, subject, parameters, invalid]),
  );
  return [...byRun.values()].flatMap((metrics) => {
    const [{ scenario, subject, parameters, invalid }] = metrics as [Measurement];
    const where = Object.entries(parameters).map(([name, value]) => `${name} ${parameterFigure(value)}`);
    const what = [scenario, subject, ...where, metrics.map(({ metric }) => metric).join(" and ")].join(", ");
    return invalid.map((reason) => `${what}: ${reason}`);
  });
}
