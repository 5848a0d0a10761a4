import { MAX_BATCH } from "../check/schemas.ts";
import { MAX_BATCH_BYTES } from "../store/bounds.ts";

/** More than what goes with an item besides its values, in bytes. */
const OVERHEAD = 1000;

/** As many items as may go with one call, by their number and by their size as JSON. */
export function* batchesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + OVERHEAD;
    if (batch.length > 0 && (bytes + size > MAX_BATCH_BYTES || batch.length === MAX_BATCH)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
