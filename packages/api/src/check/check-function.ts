import { QueueError } from "../errors.ts";
import { show } from "./validator.ts";

/** Refuses an option that is there and is no function, which would else be noticed only when it is called. */
export function checkFunction(value: unknown, name: string, subject: string): void {
  if (value === undefined || typeof value === "function") return;
  throw new QueueError("INVALID", `${subject}: \`${name}\` must be a function, not ${show(value)}.`);
}
