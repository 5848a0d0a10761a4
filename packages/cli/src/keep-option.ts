import type { Keep, LaneKeepOptions } from "@anyqueue/api";
import { UsageError } from "./failure.ts";
import { plainDuration } from "./output/durations.ts";

/** Reads `completed=1d,failed=7d,cancelled=false,count=1000`; which names there are is left to the queue's own check. */
export function parseKeep(text: string): LaneKeepOptions {
  return Object.fromEntries(
    text.split(",").map((part): [string, string | number | false] => {
      const [, name, value] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(part) ?? [];
      if (name === undefined || value === undefined) throw notKeep(JSON.stringify(text));
      if (name === "count") return [name, /^\d{1,15}$/.test(value) ? Number(value) : value];
      if (value === "false") return [name, false];
      // Else `completed=7`, meant as days, would be milliseconds.
      if (/^\d+$/.test(value) && value !== "0") throw notKeep(`${JSON.stringify(part)}, which has no unit`);
      return [name, value];
    }),
  );
}

/** As it is read. */
export function showKeep(keep: Keep): string {
  return Object.entries(keep as Readonly<Record<string, number | false>>)
    .map(([name, value]) => `${name}=${name === "count" || value === false ? value : plainDuration(value)}`)
    .join(",");
}

function notKeep(what: string): UsageError {
  return new UsageError(
    `--keep takes how long jobs are kept once they have ended, such as completed=1d,failed=7d,cancelled=false, not ${what}.`,
  );
}
