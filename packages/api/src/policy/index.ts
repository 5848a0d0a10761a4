export { backoffDelay, DEFAULT_BACKOFF } from "./backoff.ts";
export * from "./canonical-json.ts";
export * from "./coalescing.ts";
export * from "./duration.ts";
export * from "./failure.ts";
export { RetryAfterError, UnrecoverableError } from "./handler-errors.ts";
export * from "./job-error.ts";
export * from "./retention.ts";
export * from "./unique-key.ts";
