import { parseDuration } from "@anyqueue/api";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { several } from "../selection.ts";

/** `anyqueue conformance` */
export function conformanceCommand(program: Command): void {
  program
    .command("conformance")
    .summary("check whether an adapter keeps the promises")
    .description(
      "Runs the conformance suite on an adapter and tells, promise by promise, what it keeps. What is broken is shown by the calls that break it; what does not apply is listed with the capability that excuses it.",
    )
    .argument("<adapter>", "memory, sqlite, postgres://…, or a module that exports a fixture as `fixture` or default")
    .option("--only <promise>", "only the cases of this promise, such as P13; several with commas", several)
    .option("--case <words>", "only the cases whose title has these words")
    .option("--time <duration>", "how long the random cases may look for faults, all together (30s)", duration)
    .option("--seed <n>", "repeats the random cases of an earlier run", wholeNumber("--seed", 0, 2 ** 32 - 1))
    .option("--replay <counterexample>", "runs only what an earlier run printed behind --replay, or a file that has it")
    .option("--against <adapter>", "gives random calls to both adapters, and compares what they answer")
    .option(
      "--badge <file>",
      "writes a badge: an image (.svg), or JSON for shields.io (.json); may be repeated",
      gather,
    )
    .addHelpText("after", HELP)
    .action(async (subject: string, _flags, command: Command) => {
      // Only this command needs the suite, which takes a while to load.
      const { testAdapter } = await import("../conformance/test-adapter.ts");
      await testAdapter(subject, command.optsWithGlobals());
    });
}

const HELP = `
A module for an adapter of your own; \`open\` makes an adapter, not opened yet, on a new and empty store:
  export const fixture = { name: "mine", open: () => new MyAdapter(), reopen: (adapter) => … };

Exit code 1 when a case failed.

Examples:
  $ anyqueue conformance sqlite
  $ anyqueue conformance postgres://postgres@localhost/postgres
  $ anyqueue conformance ./my-adapter.js --only P6,P13
  $ anyqueue conformance ./my-adapter.js --case "stale holder" --seed 7
  $ anyqueue conformance ./my-adapter.js --time 10m --json > report.json
  $ anyqueue conformance ./my-adapter.js --against memory`;

/** With a unit: whoever writes 10 may mean seconds or minutes, and a run of 10 ms would find next to nothing. */
function duration(text: string): number {
  try {
    const ms = parseDuration(text, "--time");
    if (ms === 0 || /[a-z]\s*$/.test(text)) return ms;
  } catch {}
  throw new UsageError(`--time takes a duration such as 60s or 10m, with its unit, not ${JSON.stringify(text)}.`);
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
