/** What a process found of its own memory. */
export interface Footprint {
  readonly bytesPerJob: number;
  readonly peakBytes: number;
}
