import type { NewJob } from "../contract/index.ts";

/** What has a lane and perhaps a unique key. */
export type Keyed = Pick<NewJob, "lane" | "unique">;

/** A lane and unique key as one text: no lane has a colon in its name. */
export function keyOf({ lane, unique }: Keyed): string | null {
  return unique ? `${lane}:${unique.key}` : null;
}
