/** A server for one run of the benchmark. */
export interface Server {
  /** Its version and the settings that matter to the figures. */
  readonly about: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}
