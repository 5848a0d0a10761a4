import type { Command } from "commander";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../number-option.ts";
import { Output } from "../output/output.ts";
import { progressOn } from "../output/progress.ts";
import { several } from "../selection.ts";
import type { GlobalFlags } from "../session.ts";

interface Flags extends GlobalFlags {
  readonly only?: readonly string[];
  readonly seed?: number;
}

/** `anyqueue conformance` */
export function conformanceCommand(program: Command): void {
  program
    .command("conformance")
    .summary("check whether an adapter keeps the promises")
    .description(
      "Runs the conformance suite on an adapter and tells, promise by promise, what it keeps. What does not apply is listed with the capability that excuses it.",
    )
    .argument("<adapter>", "memory:, sqlite:, postgres://…, or a module that exports a fixture as `fixture` or default")
    .option("--only <promise>", "only the cases of this promise, such as P13; several with commas", several)
    .option("--seed <n>", "repeats the random cases of an earlier run", wholeNumber("--seed", 0, 2 ** 32 - 1))
    .addHelpText("after", HELP)
    .action((subject: string, _flags, command: Command) => run(subject, command.optsWithGlobals()));
}

const HELP = `
A module for an adapter of your own; \`open\` makes an adapter, not opened yet, on a new and empty store:
  export const fixture = { name: "mine", open: () => new MyAdapter(), reopen: (adapter) => … };

Exit code 1 when a case failed.

Examples:
  $ anyqueue conformance sqlite:
  $ anyqueue conformance postgres://postgres@localhost/postgres
  $ anyqueue conformance ./my-adapter.js --only P6,P13
  $ anyqueue conformance ./my-adapter.js --json > report.json`;

async function run(subject: string, { only, seed, json = false }: Flags): Promise<void> {
  const { cases, runStandalone } = await import("@anyqueue/conformance");
  const { findFixture } = await import("../conformance/find-fixture.ts");
  const { conformanceData, conformanceText } = await import("../conformance/report.ts");
  const known = new Set(cases.map(({ promise }): string => promise));
  const promises = only?.map((name) => promiseOf(name, known));
  const fixture = await findFixture(subject);
  const output = new Output(json);
  const progress = progressOn();
  let failed = 0;
  progress.begin(`Testing ${fixture.name}`);
  const report = await runStandalone(fixture, {
    ...(promises && { only: promises }),
    ...(seed !== undefined && { seed }),
    onProgress({ done, total, last }) {
      if (done === 1) progress.begin(`Testing ${fixture.name}`, total);
      if (last.outcome === "failed") failed++;
      progress.update(done, failed > 0 ? `${failed} failed` : last.promise);
    },
  }).finally(() => progress.end());
  output.result(conformanceData(report), conformanceText(report));
  process.exitCode = report.counts.failed > 0 ? EXIT.failed : EXIT.ok;
}

function promiseOf(name: string, known: ReadonlySet<string>): string {
  const promise = name.replace(/^p?(\d+)/i, "P$1");
  if (known.has(promise)) return promise;
  throw new UsageError(`--only ${name}: there is no such promise. Known are ${[...known].join(", ")}.`);
}
