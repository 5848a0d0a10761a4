import { QueueError } from "@anyqueue/api";

/** Tells what is next. When nothing calls it any more, this file goes. */
export function notWritten(name: string): QueueError {
  return new QueueError("UNSUPPORTED", `\`${name}\` is not written yet.`);
}
