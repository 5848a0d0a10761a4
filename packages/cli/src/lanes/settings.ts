import type { LaneSettings } from "@anyqueue/api";
import { showKeep } from "../keep-option.ts";
import { showRate } from "../rate-option.ts";

/** What can be set, as the command line calls it and as the library does. */
export const SETTINGS = {
  paused: "paused",
  capacity: "capacity",
  concurrency: "concurrency",
  rate: "rate",
  order: "order",
  "key-concurrency": "keyConcurrency",
  keep: "keep",
  history: "history",
} as const satisfies Readonly<Record<string, keyof LaneSettings>>;

/** What is set, by name and in the form in which `lanes set` takes it. */
export function showSettings({ rate, keep, paused, ...settings }: LaneSettings): (readonly [string, string])[] {
  const shown: Readonly<Record<string, string | number | null | undefined>> = {
    paused: paused === true ? "yes" : undefined,
    rate: rate && showRate(rate.limit, rate.periodMs) + (rate.burst === undefined ? "" : ` burst ${rate.burst}`),
    keep: keep && showKeep(keep),
    ...settings,
  };
  return Object.entries(SETTINGS).flatMap(([name, field]) => {
    const value = shown[field];
    return value === undefined || value === null ? [] : [[name, String(value)] as const];
  });
}

/** All that is set, on one line. */
export function settingsLine(settings: LaneSettings): string {
  return showSettings(settings)
    .map(([name, value]) => (name === "paused" ? name : `${name} ${value}`))
    .join(", ");
}
