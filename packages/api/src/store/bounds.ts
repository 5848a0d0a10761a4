import { MAX_BATCH } from "../check/schemas.ts";
import { QueueError } from "../errors.ts";

/** The bytes of one insert, cas or append, as JSON. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** Refuses what is no list, or too long a one. @throws QueueError `INVALID` or `TOO_LARGE`. */
export function checkCount(items: readonly unknown[], what: string, verb: string, most = MAX_BATCH): void {
  if (!Array.isArray(items)) throw new QueueError("INVALID", `Cannot ${verb}: give a list of ${what}.`);
  if (items.length > most) {
    throw new QueueError("TOO_LARGE", `Cannot ${verb} ${items.length} ${what} at once; send at most ${most} per call.`);
  }
}

/** The size of a call. @throws QueueError `TOO_LARGE` beyond `MAX_BATCH_BYTES`. */
export function checkBytes(items: readonly { readonly bytes: number }[], verb: string): number {
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  if (bytes <= MAX_BATCH_BYTES) return bytes;
  let exact = 0;
  for (const item of items) {
    exact += Buffer.byteLength(JSON.stringify(item));
    if (exact > MAX_BATCH_BYTES) {
      throw new QueueError(
        "TOO_LARGE",
        `Cannot ${verb} more than ${MAX_BATCH_BYTES} bytes at once; make several calls.`,
      );
    }
  }
  return exact;
}

/** How an item is called in an error: by its place if it is one of many. */
export function nameOf(verb: string, what: string, place: number, count: number): string {
  return count === 1 ? `Cannot ${verb}` : `Cannot ${verb} ${what} ${place}`;
}
