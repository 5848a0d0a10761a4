import type { AddOptions, Json } from "@anyqueue/api";
import { UsageError } from "../failure.ts";

/** A payload from the command line. @throws UsageError telling how to quote it. */
export function parsePayload(text = "null"): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new UsageError(
      `The payload is not JSON (${(error as Error).message}). Quote it for the shell, such as '{"to":"ada@example.org"}'; text needs its own quotes: '"text"'.`,
    );
  }
}

/** Numbers become numbers; a name, also a wrong one, is left to the queue's own check. */
export function priorityOf(text: string): NonNullable<AddOptions["priority"]> {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : (text as NonNullable<AddOptions["priority"]>);
}
