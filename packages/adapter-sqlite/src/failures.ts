import { QueueError } from "@anyqueue/api";

/** True when somebody else holds the lock that a statement needs, so that it can be tried again. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
}

/**
 * What SQLite's complaint means to whoever runs the queue, with what to do about it. Anything that SQLite did not throw
 * comes back as it is.
 */
export function explain(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reason = REASONS.find(({ prefix }) => code.startsWith(prefix)) ?? OTHER;
  const told = error instanceof Error ? error.message : code;
  return new QueueError(reason.code, reason.tell(path, told), { cause: error });
}

/** What is thrown when a lock was not to be had within the bound. */
export function lockedFor(seconds: number, path: string, cause: unknown): QueueError {
  const message =
    `Cannot write to ${path}: another connection has held its lock for ${seconds} s. ` +
    "Commit or end that transaction, then try again.";
  return new QueueError("UNAVAILABLE", message, { cause });
}

interface Reason {
  readonly prefix: string;
  readonly code: "CORRUPT" | "UNAVAILABLE" | "TOO_LARGE";
  tell(path: string, told: string): string;
}

const REASONS: readonly Reason[] = [
  {
    prefix: "SQLITE_NOTADB",
    code: "CORRUPT",
    tell: (path) =>
      `${path} is not a SQLite database. It was left untouched; name another file, or move this one away.`,
  },
  {
    prefix: "SQLITE_CORRUPT",
    code: "CORRUPT",
    tell: (path, told) =>
      `${path} is damaged (${told}). Nothing of this call was stored; stop the workers and restore it from a backup.`,
  },
  {
    prefix: "SQLITE_FULL",
    code: "UNAVAILABLE",
    tell: (path) => `The disk that holds ${path} is full. Nothing of this call was stored; make room and try again.`,
  },
  {
    prefix: "SQLITE_BUSY",
    code: "UNAVAILABLE",
    tell: (path, told) =>
      `${path} is locked by another connection (${told}). Begin your own transactions with BEGIN IMMEDIATE, and try again.`,
  },
  {
    prefix: "SQLITE_READONLY",
    code: "UNAVAILABLE",
    tell: (path) => `Cannot write to ${path}. Give this user the right to write to the file and to its folder.`,
  },
  {
    prefix: "SQLITE_CANTOPEN",
    code: "UNAVAILABLE",
    tell: (path) => `Cannot open ${path}. Give this user the right to read and write the file and its folder.`,
  },
  {
    prefix: "SQLITE_TOOBIG",
    code: "TOO_LARGE",
    tell: (path, told) =>
      `A value is larger than ${path} can hold (${told}). Store it elsewhere and put a reference here.`,
  },
];

const OTHER: Reason = {
  prefix: "",
  code: "UNAVAILABLE",
  tell: (path, told) => `${path} could not be used (${told}). Nothing of this call was stored; the cause says more.`,
};

/** SQLite's extended result code, such as `SQLITE_IOERR_WRITE`. Judged by its form: there may be two copies of the driver. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code.startsWith("SQLITE_") ? error.code : undefined;
}
