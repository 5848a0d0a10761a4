import type { JobInput } from "./job-input.ts";

/** Whether a job can be stored without waiting for a stranger's transaction, which may hold its key or what it depends on. */
export function isUnhindered({ unique, dependsOn }: Pick<JobInput, "unique" | "dependsOn">): boolean {
  return unique === undefined && dependsOn === undefined;
}

/** Whether this is so for all that a change spawns. */
export function spawnsUnhindered({ spawn }: { readonly spawn?: readonly JobInput[] | undefined }): boolean {
  return spawn === undefined || spawn.every(isUnhindered);
}
