/** What went wrong, as a stable code. Each has a heading in `docs/errors.md`. */
export type ErrorCode =
  | "INVALID"
  | "TOO_LARGE"
  | "UNKNOWN_BACKEND"
  | "NOT_INSTALLED"
  | "UNAVAILABLE"
  | "CLOSED"
  | "TIMEOUT"
  | "SCHEMA_NEWER"
  | "CORRUPT"
  | "UNSUPPORTED"
  | "LANE_FULL"
  | "JOB_FAILED"
  | "MISSING"
  | "STALE";

/** Every error that AnyQueue throws on purpose: a stable `code`, and a sentence that says what to do. */
export class QueueError extends Error {
  override readonly name = "QueueError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** True for a `QueueError`, of the given code if one is named, also across copies of this package. */
export function isQueueError(error: unknown, code?: ErrorCode): error is QueueError {
  return (
    error instanceof Error && error.name === "QueueError" && (code === undefined || (error as QueueError).code === code)
  );
}
