import type { Job } from "../contract/job.ts";
import type { Json } from "../contract/json.ts";

/** What stands in a job's progress once it was put into another lane, until it is removed from its own. */
const MARK = "$movedTo";

/** The progress of a job that is put into another lane under this id, at the end that it has come to. */
export function moveMark({ finishedAt = 0, token }: Job, id: string): Json {
  return { [MARK]: id, finishedAt, token };
}

/** Where a finished job was put already. The mark of an earlier end says nothing about one that was opened again since. */
export function movedTo({ progress, finishedAt, token }: Pick<Job, "progress" | "finishedAt" | "token">) {
  const mark = markOf(progress);
  if (mark?.["finishedAt"] !== finishedAt || mark?.["token"] !== token) return undefined;
  const id = mark[MARK];
  return typeof id === "string" ? id : undefined;
}

/** The progress of a job as its handlers left it. */
export function ownProgress({ progress }: Pick<Job, "progress">): Json | undefined {
  return markOf(progress) ? undefined : progress;
}

function markOf(progress: Json | undefined): { readonly [key: string]: Json } | undefined {
  if (typeof progress !== "object" || progress === null || !Object.hasOwn(progress, MARK)) return undefined;
  return progress as { readonly [key: string]: Json };
}
