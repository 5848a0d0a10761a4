/** A kind of server, and how the benchmark comes by one for a run. */
export interface ServerKind {
  /** Names the server to measure on; set for the whole run, so that worker processes find it as well. */
  readonly variable: string;
  /** Why nothing can be measured on it here, when there is neither that nor a program. */
  readonly missing: string;
  /** The folder with its programs. */
  readonly programs: () => Promise<string | undefined>;
  /** Where it is, once it was started on this port of this machine. */
  readonly url: (port: number, password: string) => string;
  /** Waits until it answers, and tells its version and the settings that matter to the figures. */
  describe(url: string): Promise<Readonly<Record<string, string>>>;
}
