import { isQueueError, type QueueError } from "@anyqueue/api";

/** The `QueueError` that a call throws. */
export function errorOf(call: () => unknown): QueueError {
  try {
    call();
  } catch (error) {
    if (isQueueError(error)) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

/** The `QueueError` with which a promise is rejected. */
export async function rejectionOf(promise: Promise<unknown>): Promise<QueueError> {
  const error: unknown = await promise.then(
    () => new Error("Nothing was thrown."),
    (reason: unknown) => reason,
  );
  if (isQueueError(error)) return error;
  throw error;
}
