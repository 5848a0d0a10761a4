import { parseDuration } from "@anyqueue/api";
import { UsageError } from "./failure.ts";
import { humanDuration, plainDuration } from "./output/durations.ts";

/** So many per time, in milliseconds. */
export interface RatePerTime {
  readonly limit: number;
  readonly per: number;
}

const FORM = /^(\d{1,15})\/(\d+(?:\.\d+)?)?(ms|s|m|h|d|w)$/;

/** Reads `10/s` or `100/5m`. @throws UsageError naming the option. */
export function rateOption(name: string): (text: string) => RatePerTime {
  return (text) => {
    const [, limit, amount = "1", unit = ""] = FORM.exec(text.replaceAll(" ", "")) ?? [];
    const per = limit === undefined ? 0 : parseDuration(`${amount}${unit}`, name);
    if (Number(limit) >= 1 && per >= 1) return { limit: Number(limit), per };
    throw new UsageError(
      `${name} takes so many jobs per time, such as 10/s, 100/m or 5/30s, not ${JSON.stringify(text)}.`,
    );
  };
}

/** `10/s`, as it is read. */
export function showRate(limit: number, periodMs: number): string {
  return `${limit}/${plainDuration(periodMs).replace(/^1(?=[a-z])/, "")}`;
}

/** When the last of these jobs is due, as a part of a sentence. */
export function lastDue(jobs: number, rate: RatePerTime | undefined): string {
  return rate === undefined || jobs < 2
    ? ""
    : `, the last one due in ${humanDuration(((jobs - 1) * rate.per) / rate.limit)}`;
}
