import { UsageError } from "./failure.ts";

const ID = /^\$?[\w.-]+:./;

/** Refuses, before anything is done, what was given for an id and cannot be one. @throws UsageError */
export function checkIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !ID.test(id));
  if (wrong === undefined) return;
  throw new UsageError(
    `${JSON.stringify(wrong)} is not a job's id: that is <lane>:<local id>, such as mail:0192f0c1-…; see \`anyqueue list\`.`,
  );
}
