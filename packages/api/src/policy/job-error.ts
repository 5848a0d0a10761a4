import type { JobError } from "../contract/job.ts";

/** What of a message, code and stack is kept, in characters (P16). */
export const ERROR_BOUNDS = { message: 4_000, code: 100, stack: 8_000 } as const;

/**
 * Describes whatever was thrown, so that it stays readable with the job (P16): also strings, objects, and errors whose
 * getters throw. What no store can carry is replaced, and what is too long is cut.
 */
export function describeError(thrown: unknown, attempt: number, at: number): JobError {
  const code = field(thrown, "code");
  const stack = isError(thrown) ? field(thrown, "stack") : undefined;
  const causes = causeOf(thrown);
  return {
    message: tidy(messageOf(thrown), ERROR_BOUNDS.message),
    ...((typeof code === "string" || typeof code === "number") && { code: tidy(String(code), ERROR_BOUNDS.code) }),
    ...(typeof stack === "string" && { stack: tidy(stack + causes, ERROR_BOUNDS.stack) }),
    attempt,
    at,
  };
}

/** As `instanceof Error`, but a proxy that throws is none. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function messageOf(thrown: unknown): string {
  const message = field(thrown, "message");
  if (typeof message === "string" && message !== "") return message;
  const name = isError(thrown) ? field(thrown, "name") : undefined;
  if (typeof name === "string" && name !== "") return name;
  try {
    if (typeof thrown === "string") return thrown;
    if (typeof thrown === "function") return "A function was thrown.";
    if (typeof thrown === "object" && thrown !== null) return JSON.stringify(thrown);
    return `${String(thrown as number | bigint | symbol | boolean | null | undefined)} was thrown.`;
  } catch {
    return "A value was thrown that cannot be shown.";
  }
}

function causeOf(thrown: unknown): string {
  const cause = field(thrown, "cause");
  if (cause === undefined) return "";
  const stack = field(cause, "stack");
  return `\nCaused by: ${typeof stack === "string" ? stack : messageOf(cause)}`;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function tidy(text: string, bound: number): string {
  const clean = text.replaceAll("\0", "\u2400").toWellFormed();
  return clean.length <= bound ? clean : `${clean.slice(0, bound - 1).toWellFormed()}…`;
}
