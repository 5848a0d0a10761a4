import { type At, freshJob, type InsertOutcome, type NewJob } from "@anyqueue/api";
import { stateOf } from "./failures.ts";
import { type JobRow, toGiven, toJob } from "./rows.ts";
import type { Write } from "./write.ts";

/** What `insert_jobs` answers when not all were added. */
interface Answer {
  readonly existing: readonly (readonly [place: number, row: JobRow | null])[];
  readonly skipped?: true;
}

const UNIQUE_VIOLATION = "23505";

/** Stores jobs in array order (P3, P4). New ids are taken to be new, which saves looking; should one not be, all are looked for. */
export async function insert(write: Write, jobs: readonly NewJob[], at: At<unknown>): Promise<InsertOutcome[]> {
  const answer = at.maybeStored === true ? await send(write, jobs, at, false) : await sendFresh(write, jobs, at);
  const existing = new Map(answer?.existing.map(([place, row]) => [place - 1, row]));
  return jobs.map((job, i): InsertOutcome => {
    const row = existing.get(i);
    if (row === undefined) {
      if (answer?.skipped === true) return { status: "skipped" };
      write.hints.lane(job.lane);
      return { status: "added", id: job.id };
    }
    // In a call that was undone, the job of which this is a second copy was not stored either.
    return {
      status: "existing",
      id: job.id,
      by: "id",
      job: row === null ? freshJob(job, at.now ?? Date.now()) : toJob(row),
    };
  });
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
    write.durability,
  ]);
  return answer as Answer | null;
}
