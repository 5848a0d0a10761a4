/** How long things take and wait, in milliseconds. */
export interface Timing {
  /** Between two messages to other processes, at least. */
  readonly pauseMs: number;
  /** After so long without a word from the other side it is asked whether it is there. */
  readonly pingMs: number;
  /** For a connection to come up, and for an answer to such a question. */
  readonly deadlineMs: number;
  /** How long whoever begins to listen waits for the connection; after that it comes up behind his back. */
  readonly patienceMs: number;
  /** How long the connection stays when nobody listens any more, for those who listen now and then. */
  readonly lingerMs: number;
  /** Before the first attempt to connect again, about; each further one waits twice as long. */
  readonly retryMs: number;
}

export const TIMING: Timing = {
  pauseMs: 5,
  pingMs: 15_000,
  deadlineMs: 5000,
  patienceMs: 1000,
  lingerMs: 10_000,
  retryMs: 100,
};
