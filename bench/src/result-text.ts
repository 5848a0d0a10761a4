import type { Measurement } from "./measurement.ts";
import type { BenchResult, LeftOut, ResultHead } from "./result.ts";
import type { Plan, ScenarioInfo } from "./scenario.ts";
import { limitsOf } from "./survival.ts";
import { parameterFigure } from "./tables/figure.ts";
import { Book } from "./tables/relation.ts";
import { tableOf } from "./tables/table-model.ts";
import { tableText } from "./tables/table-text.ts";

/** What a reader has to know before the figures. */
export function headText({ commit, machine, plan, subjects, leftOut }: ResultHead): string {
  return [
    ...machineLines(machine, commit),
    plan.runs === 1 ? "A single run: there is no telling how far it can be trusted." : `Medians of ${plan.runs} runs.`,
    ...cautions(machine, plan).map((caution) => `CAUTION ${caution}`),
    ...subjects.flatMap(({ name, configuration }) =>
      configuration === undefined ? [] : `  ${name}: ${configuration}`,
    ),
    ...leftOut.map(leftOutLine),
  ].join("\n");
}

/** What could not be measured, in words. */
export function leftOutLine({ what, because }: LeftOut): string {
  return `Left out: ${what}, because ${because}.`;
}

/** The machine, and each server with its settings. */
export function machineLines(
  { node, system, cpu, cores, memoryBytes, disk, versions, servers }: BenchResult["machine"],
  commit: string | undefined,
): string[] {
  const memory = `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    `Node ${node} on ${system}; ${cores} × ${cpu}, ${memory}; ${disk.fileSystem} on ${disk.device}`,
    [
      ...(commit === undefined ? [] : [`commit ${commit}`]),
      ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    ].join(", "),
    ...Object.entries(servers).map(
      ([name, { whose, ...settings }]) =>
        `${name} (${whose}): ${Object.entries(settings)
          .map(([setting, value]) => `${setting} ${value || "none"}`)
          .join(", ")}`,
    ),
  ];
}

/** Why the figures may mislead. */
export function cautions(machine: BenchResult["machine"], { smoke }: Plan): string[] {
  const { load, cores } = machine;
  return [
    ...(smoke ? ["A smoke only shows that everything runs. Its sizes are too small to compare anything."] : []),
    ...(load > cores / 2
      ? [`Something else was running: in the minute before, ${load.toFixed(1)} processes for ${cores} cores.`]
      : []),
    ...limitsOf(machine).map(({ because }) => `${because} What is concerned stands under what it does survive.`),
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
