import type { AddOptions, AddRequest, Catalog, Json, Queue } from "@anyqueue/api";
import type { Line } from "./lines.ts";

/** A job to add. */
export type Request = AddRequest<Catalog, string>;

/** What a line asks for, or why it is refused. */
export type Parsed =
  | { readonly number: number; readonly bytes: number; readonly request: Request }
  | { readonly number: number; readonly refused: string };

/** What holds for every line. */
export interface Defaults {
  /** Then each line is a payload; without it each line is an object with `type`, `payload`, and options. */
  readonly type: string | undefined;
  readonly options: AddOptions;
}

/** Reads a line and checks it as `add` would. */
export function parseJob(line: Line, { type, options }: Defaults, queue: Queue): Parsed {
  if ("refused" in line) return line;
  const { number, text } = line;
  try {
    const value = JSON.parse(text) as Json;
    const request = type === undefined ? wholeJob(value, options) : { type, payload: value, options };
    queue.check(request.type, request.payload, request.options);
    return { number, bytes: Buffer.byteLength(text), request };
  } catch (error) {
    return { number, refused: error instanceof SyntaxError ? `It is not JSON: ${error.message}` : messageOf(error) };
  }
}

function wholeJob(value: Json, defaults: AddOptions): Request {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(
      'It is no object { "type", "payload", … }. To add bare payloads, name their type: anyqueue add <type> …',
    );
  }
  const { type, payload = null, ...options } = value as { readonly [field: string]: Json };
  if (typeof type !== "string") throw new Error('It has no `type`, which must be text such as "mail.send".');
  const { runAt } = options;
  // What JSON makes of a `Date`.
  const due = typeof runAt === "string" && /^\d{4}-\d\d-\d\d/.test(runAt) ? { runAt: new Date(runAt) } : undefined;
  return { type, payload, options: { ...defaults, ...options, ...due } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
