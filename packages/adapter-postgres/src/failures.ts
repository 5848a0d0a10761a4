import { isQueueError, QueueError } from "@anyqueue/api";
import { REASONS, type Reason } from "./reasons.ts";

/** Where the jobs are, for messages: `postgres at db.example:5432/shop` and the name of the schema. */
export interface Place {
  readonly server: string;
  readonly schema: string;
}

/**
 * What the server's or the network's complaint about a statement means to whoever runs the queue, with what to do about
 * it. Anything else comes back as it is.
 */
export function explain(error: unknown, place: Place): unknown {
  const found = originOf(error);
  if (found === undefined || isQueueError(error)) return error;
  const { code, told } = found;
  if (isLost(found)) {
    const message =
      `The connection to ${place.server} was lost before its answer came (${told}), so it is not known whether the call ` +
      "took effect. Try again once the server is back; what has an id is not stored twice.";
    return new QueueError("UNAVAILABLE", message, { cause: error });
  }
  const reason = reasonOf(code) ?? OTHER;
  return new QueueError(reason.code, reason.tell({ ...place, told }), { cause: error });
}

/** The same for a connection that could not be had: nothing was sent, so nothing can have taken effect. */
export function explainConnecting(error: unknown, place: Place): unknown {
  if (isQueueError(error)) return error;
  const { code, told } = originOf(error) ?? wordsOf(error);
  const reason = reasonOf(code) ?? reasonOf(told) ?? UNREACHABLE;
  return new QueueError(reason.code, reason.tell({ ...place, told }), { cause: error });
}

/** The SQLSTATE behind an error, such as `23505`, also of one that `explain` made; undefined where there is none. */
export function stateOf(error: unknown): string | undefined {
  const code = originOf(error)?.code;
  return code !== undefined && isState(code) ? code : undefined;
}

/** True when the server undid the statement for the sake of another one, so that it can be sent again. */
export function isConflict(error: unknown): boolean {
  const state = stateOf(error);
  return state === "40001" || state === "40P01";
}

/**
 * True when the plan that a connection keeps under the statement's name is of no use after a migration. Found before the
 * statement ran, so that it can be sent again on another connection.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const found = originOf(error);
  return found?.code === "0A000" && found.told.includes("cached plan");
}

/** True when the connection is of no more use. */
export function isBroken(error: unknown): boolean {
  const found = originOf(error);
  // Of what is not the server's word about the statement, nobody knows in which state it left the connection.
  return found === undefined || !isState(found.code) || isLost(found);
}

/** True when a connection was refused for a reason that may soon be gone, such as a server that is just starting. */
export function isPassing(error: unknown): boolean {
  const { code = "", told = "" } = originOf(error) ?? {};
  return PASSING.has(code) || told === "Connection terminated unexpectedly";
}

/** The server is starting, stopping, recovering or full; nobody listens yet; a proxy in between has just lost it. */
const PASSING: ReadonlySet<string> = new Set(
  "57P01 57P02 57P03 53300 ECONNREFUSED ECONNRESET EPIPE EAI_AGAIN ENOENT".split(" "),
);

/** What is thrown when no connection of the pool became free within the bound. */
export function exhausted(seconds: number, connections: number, { server }: Place, cause?: unknown): QueueError {
  const message =
    `None of the ${connections} connections to ${server} became free within ${seconds} s. Release those that the ` +
    "application holds, or allow more (`connections`, or `max` of a pool).";
  return new QueueError("UNAVAILABLE", message, cause === undefined ? {} : { cause });
}

interface Origin {
  /** A SQLSTATE such as `40P01`, a system error such as `ECONNRESET`, or empty. */
  readonly code: string;
  readonly told: string;
}

/** The driver's error, also where a query builder has wrapped it. Judged by its form: there may be two copies of the driver. */
function originOf(error: unknown): Origin | undefined {
  for (let here = error; here instanceof Error; here = here.cause) {
    const words = wordsOf(here);
    if (isState(words.code) || isSystem(words.code) || SPOKEN.test(words.told)) return words;
  }
  return undefined;
}

function wordsOf(error: unknown): Origin {
  if (!(error instanceof Error)) return { code: "", told: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Of several addresses that were tried in vain, the error tells only the code.
  return { code, told: error.message === "" ? code : error.message };
}

/** What the driver says without a code. */
const SPOKEN =
  /^(Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed)/;

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
}

function isSystem(code: string): boolean {
  return /^E(?!RR_)[A-Z_]+$/.test(code);
}

function isLost({ code, told }: Origin): boolean {
  return isSystem(code) || code.startsWith("08") || /^57P0[1-5]$/.test(code) || SPOKEN.test(told);
}

function reasonOf(sign: string): Reason | undefined {
  return REASONS.find(({ signs }) => signs.some((start) => sign !== "" && sign.startsWith(start)));
}

const OTHER: Reason = {
  signs: [],
  code: "UNAVAILABLE",
  tell: ({ server, told }) =>
    `${server} could not do it (${told}). What was not acknowledged may not have been done; the cause says more.`,
};

const UNREACHABLE: Reason = {
  signs: [],
  code: "UNAVAILABLE",
  tell: ({ server, told }) =>
    `Cannot connect to ${server} (${told}). See that the server runs and that its host, port and user are right.`,
};
