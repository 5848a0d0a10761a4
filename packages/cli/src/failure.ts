import { type ErrorCode, isQueueError } from "@anyqueue/api";
import { CommanderError } from "commander";
import { EXIT } from "./exit-code.ts";

/** The command line or the configuration is wrong. The message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: "USAGE" | "CONFIG";

  constructor(message: string, options: { readonly code?: "USAGE" | "CONFIG"; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code ?? "USAGE";
  }
}

/** What a command cannot do, as a sentence. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An error as the shell is told it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Faults of the caller, among the library's codes. */
const USAGE_CODES: readonly ErrorCode[] = ["INVALID", "UNKNOWN_BACKEND"];

/** Puts whatever was thrown into one line, a stable code, and an exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError) return { code: error.code, message: error.message, exitCode: EXIT.usage };
  if (error instanceof CommandError) return { code: error.code, message: error.message, exitCode: EXIT.failed };
  if (error instanceof CommanderError) {
    return { code: "USAGE", message: tidyCommander(error.message), exitCode: EXIT.usage };
  }
  if (isQueueError(error)) {
    const exitCode = USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failed;
    return { code: error.code, message: error.message, exitCode };
  }
  const { code } = (error ?? {}) as { code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return { code: typeof code === "string" ? code : "UNEXPECTED", message, exitCode: EXIT.failed };
}

/** Commander writes `error: unknown option '--x'`, and a guess on a line of its own. */
function tidyCommander(message: string): string {
  return message.replace(/^error: /, "").replaceAll("\n", " ");
}
