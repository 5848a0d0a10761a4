import { MAX_TIME } from "../check/schemas.ts";
import { isError } from "./job-error.ts";
import { type Duration, parseDuration } from "./duration.ts";

/** Thrown by a handler: trying again is of no use, so the job is `failed` at once. */
export class UnrecoverableError extends Error {
  override readonly name = "UnrecoverableError";
}

/** Thrown by a handler: the attempt failed, and the next one is due after this delay instead of the job's backoff. */
export class RetryAfterError extends Error {
  override readonly name = "RetryAfterError";
  readonly delayMs: number;

  constructor(delay: Duration, message = "The handler asked for another attempt later.", options?: ErrorOptions) {
    super(message, options);
    this.delayMs = parseDuration(delay, "delay");
  }
}

/** True for an `UnrecoverableError`, also of another copy of this package. */
export function isUnrecoverable(thrown: unknown): boolean {
  return nameOf(thrown) === "UnrecoverableError";
}

/** The delay of a `RetryAfterError`, also of another copy of this package. */
export function retryAfterOf(thrown: unknown): number | undefined {
  if (nameOf(thrown) !== "RetryAfterError") return undefined;
  const { delayMs } = thrown as Partial<RetryAfterError>;
  return typeof delayMs === "number" && delayMs >= 0 && delayMs <= MAX_TIME ? delayMs : undefined;
}

function nameOf(thrown: unknown): unknown {
  try {
    return isError(thrown) ? thrown.name : undefined;
  } catch {
    return undefined;
  }
}
