import type { BackendChoice } from "../backend.ts";
import { CommandError } from "../failure.ts";
import { humanDuration } from "../output/durations.ts";
import type { Output } from "../output/output.ts";
import type { Progress } from "../output/progress.ts";
import { countOf } from "../output/table.ts";
import { type Accounts, type FailedFile, settleAccounts } from "./accounts.ts";
import { type AddedFiles, addFiles } from "./add-files.ts";
import { Crew } from "./crew.ts";
import { namesNoServer } from "./embedded-server.ts";
import { jobsToDieIn, killAtRandom, type KillPlan } from "./kills.ts";
import { LocalStaff } from "./local-staff.ts";
import type { Staff } from "./staff.ts";
import { writeSums } from "./sums-file.ts";
import type { Target } from "./target.ts";
import { filesBelow } from "./tree.ts";
import { untilFinished } from "./until-finished.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

/** What the demo is asked to do. */
export interface DemoOptions {
  /** Absolute. */
  readonly dir: string;
  readonly out: Target;
  readonly workers: number;
  readonly backend: BackendChoice | undefined;
  readonly kills: KillPlan;
  readonly keep: boolean;
  /** Files that are not hashed because the demo itself writes them: raw names relative to `dir`. */
  readonly isOwn: (path: Buffer) => boolean;
}

/** Who looks on. */
export interface Audience {
  readonly output: Output;
  readonly progress: Progress;
  /** Aborts when the demo is to stop. */
  readonly signal: AbortSignal;
}

/** How it went. */
export interface DemoReport extends Accounts {
  readonly files: number;
  readonly kills: number;
  readonly addMs: number;
  readonly workMs: number;
  /** Folders that could not be read, so that their files are not known. */
  readonly unreadable: readonly FailedFile[];
}

/** The attempts a job has beside those that the kills may cost, which are not its fault. */
const ATTEMPTS = 3;

/** Sends every file below a folder through a queue, kills workers on the way, and accounts for each file. */
export async function runDemo(options: DemoOptions, audience: Audience): Promise<DemoReport> {
  const { output, signal } = audience;
  if (namesNoServer(options.backend)) output.note("Starting a Postgres server that lives as long as the demo.");
  const workplace = await openWorkplace(options.backend);
  const staff = staffFor(workplace, options, output);
  try {
    const report = await work(workplace, staff, options, audience);
    await staff.stop();
    return report;
  } finally {
    audience.progress.end();
    await staff.disband();
    const kept = await workplace.leave(options.keep && !signal.aborted);
    if (kept !== undefined) output.note(kept);
  }
}

function staffFor({ queue }: Workplace, { workers }: DemoOptions, output: Output): Staff {
  if (queue.capabilities.scope !== "process") return new Crew(workers, (trouble) => output.note(trouble));
  output.note("This backend lives inside one process, so the workers do too, and none of them is killed.");
  return new LocalStaff(queue, workers);
}

async function work(workplace: Workplace, staff: Staff, options: DemoOptions, audience: Audience): Promise<DemoReport> {
  const { dir, out, kills } = options;
  const { queue, lane, backend } = workplace;
  const { output, progress, signal } = audience;
  staff.assemble();
  const unreadable: FailedFile[] = [];
  const { files, ids, addMs } = await add(workplace, options, unreadable, audience);
  if (files.length === 0) throw new CommandError("NO_FILES", `There is no file to hash below ${dir}.`);
  output.note(`Added ${countOf(ids.length, "job")}, one per file, in ${humanDuration(addMs)}.`);

  const start = performance.now();
  progress.begin("Hashing", ids.length);
  staff.start({ backend, lane, dir, haltAt: jobsToDieIn(kills, ids) });
  const calm = new AbortController();
  const killing = killAtRandom(kills, () => staff.killAny(), calm.signal);
  try {
    const onProgress = (done: number): void => progress.update(Math.min(done, ids.length));
    await untilFinished({ queue, lane, staff, total: ids.length, onProgress, signal });
  } finally {
    calm.abort();
    await killing;
  }
  const workMs = performance.now() - start;
  progress.update(ids.length);
  progress.end();

  const accounts = await settleAccounts(queue, lane, files);
  await writeSums(out, accounts.sums);
  return { ...accounts, files: files.length, kills: staff.kills, addMs, workMs, unreadable };
}

async function add(
  { queue, lane }: Workplace,
  { dir, isOwn, kills }: DemoOptions,
  unreadable: FailedFile[],
  { progress, signal }: Audience,
): Promise<AddedFiles & { readonly addMs: number }> {
  const start = performance.now();
  progress.begin("Adding jobs");
  const found = filesBelow(dir, ({ path, error }) =>
    unreadable.push({ path: `${path.toString()}/`, error: error.message }),
  );
  const added = await addFiles(queue, found, {
    lane,
    isOwn,
    maxAttempts: ATTEMPTS + kills.count,
    onAdded: (count) => progress.update(count),
    signal,
  });
  progress.end();
  return { ...added, addMs: performance.now() - start };
}
