import { QueueError } from "@anyqueue/api";
import { SAFEST_FIRST } from "./durability.ts";
import { type BenchResult, FORMAT } from "./result.ts";
import { isUnit } from "./units.ts";

/**
 * Reads what `--json` wrote.
 *
 * @throws QueueError `INVALID` if it is something else, or was damaged so that it cannot be shown.
 */
export function parseResult(text: string, name: string): BenchResult {
  const result = parsed(text);
  const { format } = isRecord(result) ? result : {};
  if (format !== FORMAT) {
    const found = typeof format === "string" ? ` It says that it is ${JSON.stringify(format)}.` : "";
    throw new QueueError(
      "INVALID",
      `${name} is no result of this benchmark.${found} Give a file that --json of this version wrote.`,
    );
  }
  const damage = damageOf(result as Fields);
  if (damage === undefined) return result as BenchResult;
  throw new QueueError("INVALID", `${name} is damaged: ${damage} is not as --json wrote it. Measure again.`);
}

type Fields = Readonly<Record<string, unknown>>;

/** The first part without which nothing could be shown. */
function damageOf({
  startedAt,
  machine,
  plan,
  subjects,
  leftOut,
  scenarios,
  measurements,
}: Fields): string | undefined {
  if (typeof startedAt !== "string") return "startedAt";
  if (!isRecord(machine) || ![machine["disk"], machine["versions"], machine["servers"]].every(isRecord))
    return "machine";
  if (!isRecord(plan)) return "plan";
  const lists: Readonly<Record<string, [unknown, (each: Fields) => boolean]>> = {
    subjects: [subjects, ({ name, durability }) => typeof name === "string" && isDurability(durability)],
    leftOut: [leftOut, ({ what }) => typeof what === "string"],
    scenarios: [
      scenarios,
      ({ name, about, statistics = [] }) => isListOf("string", [name, about]) && isListOf("string", statistics),
    ],
    measurements: [measurements, isMeasurement],
  };
  for (const [what, [list, isSound]] of Object.entries(lists)) {
    if (!Array.isArray(list)) return what;
    const at = list.findIndex((each) => !isRecord(each) || !isSound(each));
    if (at >= 0) return `${what}[${at}]`;
  }
  return undefined;
}

function isMeasurement(each: Fields): boolean {
  const { scenario, metric, subject, kind, unit, durability, parameters, values, invalid, samples = [] } = each;
  return (
    [scenario, metric, subject].every((name) => typeof name === "string") &&
    [undefined, "floor", "other"].some((each) => each === kind) &&
    isUnit(unit) &&
    isDurability(durability) &&
    isRecord(parameters) &&
    isListOf("number", values) &&
    isListOf("string", invalid) &&
    Array.isArray(samples) &&
    samples.every(
      (summary) => isRecord(summary) && typeof summary["p50"] === "number" && Array.isArray(summary["buckets"]),
    )
  );
}

function isDurability(value: unknown): boolean {
  return SAFEST_FIRST.some((each) => each === value);
}

function isListOf(type: "number" | "string", value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === type);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
