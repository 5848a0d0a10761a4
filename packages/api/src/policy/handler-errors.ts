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
