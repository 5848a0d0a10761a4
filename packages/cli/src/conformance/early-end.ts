import { EXIT } from "../exit-code.ts";

/**
 * Until this is disposed, the end of the process is the adapter's doing: it called `process.exit`, or it never answers and
 * left nothing that could. That is told, and is a failure, whatever exit code was given. Signals have codes of their own.
 */
export function refuseEarlyEnd(subject: string): Disposable {
  const tell = (code: number): void => {
    if (code > 128) return;
    process.stderr.write(
      `${subject} ended the process (exit code ${code}) before the suite was through. An adapter never calls process.exit, and answers every call.\n`,
    );
    process.exitCode = EXIT.failed;
  };
  process.on("exit", tell);
  return {
    [Symbol.dispose]() {
      process.off("exit", tell);
    },
  };
}
