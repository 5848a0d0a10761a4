/** The states every backend knows. Any other name is a state of the user's own. */
export const STATES = ["waiting", "active", "blocked", "completed", "failed", "cancelled"] as const;

/** A state that a job leaves only when an operator retries or removes it (P14). */
export type TerminalState = "completed" | "failed" | "cancelled";

/** The three states that end a job's life. */
export const TERMINAL_STATES: readonly TerminalState[] = ["completed", "failed", "cancelled"];

/** True for `completed`, `failed` and `cancelled`. */
export function isTerminal(state: string): state is TerminalState {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** True for a state of the user's own, such as `fetched`. */
export function isCustom(state: string): boolean {
  return !(STATES as readonly string[]).includes(state);
}

/** The named priorities; a lower number runs first. */
export const PRIORITIES = { urgent: 0, high: 256, normal: 512, low: 1024 } as const;

/** A named priority. */
export type PriorityName = keyof typeof PRIORITIES;

/** The priority of a job that names none. */
export const DEFAULT_PRIORITY = PRIORITIES.normal;

/** The largest priority, 2³² − 1. */
export const MAX_PRIORITY = 4_294_967_295;

/** The lane of a job that names none. */
export const DEFAULT_LANE = "default";

/** How often a job may be tried in total when it does not say. */
export const DEFAULT_MAX_ATTEMPTS = 3;

/** What a lane may be called: letters, digits, `_ . -`, 1 to 100 of them; a leading `$` marks AnyQueue's own. */
export const LANE_PATTERN = "^\\$?[A-Za-z0-9_.-]{1,99}$|^[A-Za-z0-9_.-]{100}$";

/** The lane in which the job with this id lives: the part before the first colon. */
export function laneOf(id: string): string {
  return id.slice(0, id.indexOf(":"));
}
