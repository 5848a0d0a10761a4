import type { JobSelection } from "@anyqueue/api";
import { UsageError } from "./failure.ts";

/** Reads a condition on jobs; its paths and tests are left to the queue's own check. @throws UsageError telling how to write it. */
export function parseWhere(text: string): NonNullable<JobSelection["where"]> {
  let where: NonNullable<JobSelection["where"]>;
  try {
    where = JSON.parse(text) as typeof where;
  } catch (error) {
    throw new UsageError(
      `--where is not JSON (${(error as Error).message}). Quote it for the shell, such as '{"payload.to":"ada"}' or '{"attempt":{"gte":3}}'.`,
      { cause: error },
    );
  }
  if (JSON.stringify(where) !== "{}") return where;
  throw new UsageError("--where {} holds for every job; say which ones are meant.");
}
