import type { Package } from "../on-demand.ts";

/** A kind of server, and how the benchmark comes by one for a run. */
export interface ServerKind {
  /** Names the server to measure on; set for the whole run, so that worker processes find it as well. */
  readonly variable: string;
  /** What its value looks like, and how it may begin. */
  readonly example: string;
  readonly protocols: readonly string[];
  /** Why nothing can be measured on it here, when there is neither that nor a program. */
  readonly missing: string;
  /** What the benchmark itself speaks to it with, where that is installed on demand. */
  readonly client?: Package;
  /** The folder with its programs. */
  readonly programs: () => Promise<string | undefined>;
  /** Where it is, once it was started on this port of this machine. */
  readonly url: (port: number, password: string) => string;
  /** Its version and the settings that matter to the figures. @throws Error if it does not answer, within `ANSWER_MS` */
  describe(url: string): Promise<Readonly<Record<string, string>>>;
  /** What is never the same again after the server of this run ended, or ended somebody's connection, as far as it tells. */
  traces(): Promise<string>;
}

/** How long a server may take for its first answer. */
export const ANSWER_MS = 10_000;
