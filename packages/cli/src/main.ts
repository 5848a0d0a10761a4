import "./backends.ts";
import { CommanderError } from "commander";
import { CommandError, describeFailure } from "./failure.ts";
import { printable } from "./output/printable.ts";
import { printsJson } from "./output/prints-json.ts";
import { buildProgram } from "./program.ts";

// A reader that has seen enough (`anyqueue list | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});
// Notes that nobody reads are no reason to stop.
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

let hasEnded = false;
// Nothing is left that could go on, and the command has not ended: that must not look like success.
process.once("beforeExit", () =>
  // Whoever waits for this moment too may know better what is wrong.
  setImmediate(() => {
    if (hasEnded) return;
    fail(new CommandError("STANDSTILL", "The command cannot end: it waits for something that never comes."));
  }),
);
buildProgram()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError && isHelp(error))) fail(error);
  })
  .finally(() => (hasEnded = true));

/** `--help` and `--version` have said what they were asked; no command at all has been answered with the help. */
function isHelp({ code, exitCode }: CommanderError): boolean {
  if (code === "commander.help") process.exitCode = 2;
  return code === "commander.help" || exitCode === 0;
}

function fail(error: unknown): void {
  const { code, message, exitCode } = describeFailure(error);
  process.exitCode = exitCode;
  if (printsJson(process.argv.slice(2))) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  // A message may be a job's own error, which must neither break the line nor colour the terminal.
  else process.stderr.write(`anyqueue: ${printable(message)}\n`);
  if (process.env["DEBUG"]) console.error(error);
}
