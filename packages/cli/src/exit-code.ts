import { constants } from "node:os";

/** What a command's end means to the shell. */
export const EXIT = {
  ok: 0,
  /** Something failed, was refused or was not found. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
} as const;

/** How a process that ends by a signal answers: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}
