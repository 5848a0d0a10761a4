/** How far a value may be off the middle of its bucket: one per cent. */
const ACCURACY = 0.01;
const GROWTH = Math.log((1 + ACCURACY) / (1 - ACCURACY));

/**
 * The bucket of a value: each is by the same factor wider than the one before, so that a microsecond and a minute are
 * kept with the same relative accuracy, and histograms can be added up. After DDSketch (Masson, Rim and Lee, "DDSketch: a
 * fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019).
 */
export function bucketOf(value: number): number {
  return Math.ceil(Math.log(Math.max(value, 1e-9)) / GROWTH);
}

/** The value that stands for all in the bucket. */
export function middleOf(bucket: number): number {
  return (2 * Math.exp(bucket * GROWTH)) / (Math.exp(GROWTH) + 1);
}

/** Bucket by bucket, rising. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];

export function bucketsOf(values: readonly number[]): Buckets {
  return addUp([values.map((value) => [bucketOf(value), 1] as const)]);
}

/** All histograms as one. */
export function addUp(histograms: readonly Buckets[]): Buckets {
  const counts = new Map<number, number>();
  for (const [bucket, count] of histograms.flat()) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return [...counts].toSorted(([a], [b]) => a - b);
}
