import { createHash } from "node:crypto";
import { QueueError } from "@anyqueue/api";
import type { Bucket, LaneSettings } from "@anyqueue/api";
import type { Entry, Notes, Sealed } from "./entry.ts";
import type { LogRecord } from "./log.ts";
import { State } from "./state.ts";

const FORMAT = "anyqueue-memory-snapshot";
/**
 * To be raised when older code could no longer read what this code writes (P25). 2: jobs have notes, lanes the bucket of
 * their rate.
 */
const VERSION = 2;

/**
 * A snapshot is a text of one JSON value a line, so that none of them gets large: a head, the counters, lanes, jobs and
 * events, and at the end how many lines there were and their SHA-256. A file without that end is not whole.
 */
type Line =
  | ["counters", { readonly seq: number; readonly touched: number; readonly token: number; readonly position: number }]
  | ["lane", name: string, settings: LaneSettings, bucket?: Bucket]
  | ["job", seq: number, touched: number, job: Sealed, notes?: Notes]
  | ["event", LogRecord]
  | End;

type End = ["end", lines: number, sha256: string];

/** What of a job gets into a snapshot. */
interface Row extends Pick<Entry, "job" | "seq" | "touched"> {
  readonly notes: Notes | undefined;
}

/**
 * The lines of a snapshot of this moment. What belongs to it is gathered before this returns, and is only replaced later,
 * never changed; so the lines may be taken while the queue goes on.
 */
export function linesOf(state: State): Iterable<string> {
  const { jobs, log, token } = state;
  const lanes = Array.from(jobs.lanes.values(), ({ name, settings, bucket }): Line =>
    bucket ? ["lane", name, settings, bucket] : ["lane", name, settings],
  );
  const counters: Line = ["counters", { seq: jobs.seq, touched: jobs.touched, token, position: log.last }];
  const rows = Array.from(jobs.entries(), (entry): Row => {
    const { job, seq, touched } = entry;
    return { job, seq, touched, notes: jobs.notesOf(entry) };
  });
  return written(counters, lanes, rows, [...log.records()]);
}

/** Builds the state that the lines describe. */
export async function stateOf(lines: AsyncIterable<string>, path: string): Promise<State> {
  const state = new State();
  const digest = new Digest();
  const share = sharing();
  const now = state.now(undefined);
  let end: End | undefined;
  for await (const line of lines) {
    if (end) throw corrupt(path, "something follows its last line");
    if (digest.lines === 0) checkHead(line, path);
    else {
      const parsed = parse(line, path);
      if (parsed[0] === "end") end = parsed;
      else restore(state, parsed, now, share);
    }
    if (!end) digest.add(line);
  }
  if (!end) throw corrupt(path, "its end is missing");
  if (end[1] !== digest.lines || end[2] !== digest.sum()) throw corrupt(path, "its checksum does not fit");
  // Version 1 knew of no turns.
  for (const lane of state.jobs.lanes.values()) state.jobs.noteLines(lane);
  state.finish(now);
  return state;
}

function* written(
  counters: Line,
  lanes: readonly Line[],
  rows: readonly Row[],
  records: readonly LogRecord[],
): Generator<string, void, undefined> {
  const digest = new Digest();
  yield digest.add(JSON.stringify({ format: FORMAT, version: VERSION }));
  yield digest.add(JSON.stringify(counters));
  for (const lane of lanes) yield digest.add(JSON.stringify(lane));
  for (const { seq, touched, job, notes } of rows) {
    const line: Line = notes ? ["job", seq, touched, job, notes] : ["job", seq, touched, job];
    yield digest.add(JSON.stringify(line));
  }
  for (const record of records) yield digest.add(JSON.stringify(["event", record] satisfies Line));
  yield JSON.stringify(["end", digest.lines, digest.sum()] satisfies End);
}

/** Counts and sums up lines. */
class Digest {
  readonly #hash = createHash("sha256");
  lines = 0;

  add(line: string): string {
    this.#hash.update(line).update("\n");
    this.lines++;
    return line;
  }

  sum(): string {
    return this.#hash.digest("hex");
  }
}

function checkHead(line: string, path: string): void {
  const { format, version } = readHead(line);
  if (format !== FORMAT || typeof version !== "number") throw corrupt(path, "it does not begin as a snapshot does");
  if (version <= VERSION) return;
  throw new QueueError(
    "SCHEMA_NEWER",
    `Cannot read the snapshot "${path}": its version is ${version}, and this code knows versions up to ${VERSION}. ` +
      "Update @anyqueue/adapter-memory. The file has been left as it is.",
  );
}

function readHead(line: string): { format?: unknown; version?: unknown } {
  try {
    return Object(JSON.parse(line)) as { format?: unknown; version?: unknown };
  } catch {
    return {};
  }
}

function parse(line: string, path: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch (cause) {
    throw corrupt(path, "one of its lines is broken", cause);
  }
}

function restore(state: State, line: Exclude<Line, End>, now: number, share: (name: string) => string): void {
  const { jobs, log } = state;
  switch (line[0]) {
    case "counters":
      jobs.seq = line[1].seq;
      jobs.touched = line[1].touched;
      state.token = line[1].token;
      log.last = line[1].position;
      return;
    case "lane":
      Object.assign(jobs.lane(line[1]), { settings: line[2], bucket: line[3] });
      return;
    case "job": {
      const job = { ...line[3], lane: share(line[3].lane), type: share(line[3].type), state: share(line[3].state) };
      jobs.restore({ job, seq: line[1], touched: line[2], ready: false }, line[4] ?? {}, now);
      return;
    }
    case "event":
      log.restore(line[1]);
      return;
  }
}

/** Parsing makes each name anew; a million jobs need only a few of them. */
function sharing(): (name: string) => string {
  const names = new Map<string, string>();
  return (name) => names.get(name) ?? (names.set(name, name), name);
}

function corrupt(path: string, how: string, cause?: unknown): QueueError {
  return new QueueError(
    "CORRUPT",
    `Cannot read the snapshot "${path}": ${how}. It has been left as it is. ` +
      "Put back a copy of it, or move it away to begin with an empty queue.",
    { cause },
  );
}
