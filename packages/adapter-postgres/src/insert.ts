import { type At, freshJob, type InsertOutcome, type NewJob } from "@anyqueue/api";
import { stateOf } from "./failures.ts";
import { isShaped, type JobRow, toGiven, toJob } from "./rows.ts";
import type { Write } from "./write.ts";

/** What `insert_jobs` answers when not all were added. */
interface Answer {
  readonly existing: readonly (readonly [place: number, row: JobRow | null, by?: "id" | "unique"])[];
  /** The places of those for which their lane has no room. */
  readonly full?: readonly number[];
  readonly skipped?: true;
  /** Jobs that were added, and cancelled at once for want of what they depend on. */
  readonly ended?: readonly string[] | null;
}

const UNIQUE_VIOLATION = "23505";

/** How often one that met a job which was gone when it was to be read is added again. Each time somebody has to be as quick. */
const TRIES = 5;

/** Stores jobs in array order (P3, P4). New ids are taken to be new, which saves looking; should one not be, all are looked for. */
export async function insert(
  write: Write,
  jobs: readonly NewJob[],
  at: At<unknown>,
  tries = TRIES,
): Promise<InsertOutcome[]> {
  const answer = at.maybeStored === true ? await send(write, jobs, at, false) : await sendFresh(write, jobs, at);
  const existing = new Map(metBy(answer, jobs).map((found) => [found[0] - 1, found]));
  const full = new Set(answer?.full);
  // Who stopped it is gone by now.
  if (answer?.skipped === true && existing.size + full.size === 0 && tries > 0)
    return insert(write, jobs, at, tries - 1);
  for (const id of answer?.ended ?? []) write.hints.job(id);
  // Who met a job that somebody else removed before it could be read is not told of it, since it is there no more (P3).
  const mayBeGone = tries > 0 && answer?.skipped !== true && (answer?.ended ?? []).length === 0;
  const isGone = (i: number): boolean => mayBeGone && existing.get(i)?.[1] === null;
  const gone = jobs.filter((_, i) => isGone(i));
  const again = gone.length === 0 ? [] : await insert(write, gone, at, tries - 1);
  return jobs.map((job, i): InsertOutcome => {
    const retried = isGone(i) ? again.shift() : undefined;
    if (retried !== undefined) return retried;
    const found = existing.get(i);
    if (found === undefined) {
      if (full.has(i + 1)) return { status: "full" };
      if (answer?.skipped === true) return { status: "skipped" };
      write.hints.lane(job.lane);
      return { status: "added", id: job.id };
    }
    const [, row, by = "id"] = found;
    // In a call that was undone, the job of which this is a second copy was not stored either.
    const kept = row === null ? freshJob(job, at.now ?? Date.now()) : toJob(row);
    return { status: "existing", id: kept.id, by, job: kept };
  });
}

/** What was met and is told of. Of a call that was undone (P4) it is what still stands in its way, an earlier job of its own as well. */
function metBy(answer: Answer | null, jobs: readonly NewJob[]): Answer["existing"] {
  const { existing = [], skipped } = answer ?? {};
  const isSecond = (i: number): boolean => jobs.findIndex(({ id }) => id === jobs[i]?.id) < i;
  return skipped === true ? existing.filter(([place, row]) => row !== null || isSecond(place - 1)) : existing;
}

async function sendFresh(write: Write, jobs: readonly NewJob[], at: At<unknown>): Promise<Answer | null> {
  try {
    return await send(write, jobs, at, true);
  } catch (error) {
    if (stateOf(error) !== UNIQUE_VIOLATION || write.isJoined) throw error;
    return send(write, jobs, at, false);
  }
}

async function send(write: Write, jobs: readonly NewJob[], at: At<unknown>, isFresh: boolean): Promise<Answer | null> {
  const lanes = [...new Set(jobs.map(({ lane }) => lane))];
  const given = JSON.stringify(jobs.map(toGiven));
  const answer = await write.answer(write.sql.insert, [
    given,
    lanes,
    at.now ?? null,
    isFresh,
    at.allOrNone === true,
    jobs.some(isShaped),
    false,
    write.durability,
  ]);
  return answer as Answer | null;
}
