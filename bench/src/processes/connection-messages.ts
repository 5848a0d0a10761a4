/** What one process did to a store, for the sum to be drawn. */
export interface Account {
  /** Ids whose insertion was acknowledged. */
  readonly added: readonly string[];
  /** By id: how often it was handed out, how often it was given back, how often its completion was acknowledged. */
  readonly jobs: readonly (readonly [id: string, polled: number, returned: number, completed: number])[];
  /** Changes that were refused, by verdict: there is no reason for any. */
  readonly refused: Readonly<Record<string, number>>;
  /** Errors that a verb threw, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** Errors that nobody caught. */
  readonly unhandled: readonly string[];
  /** Ids of which it is not known what became of a change, because its reply was an error. */
  readonly unsure: readonly string[];
  readonly calls: number;
}

/** What a process is told on its command line. */
export interface Assignment {
  readonly subject: string;
  readonly address: string;
  /** Tells the ids of this process from those of the others. */
  readonly process: number;
  readonly connections: number;
  readonly seconds: number;
}
