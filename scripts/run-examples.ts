// Runs every examples/*.ts on source, one after the other; each must end well within a minute.
import { globSync } from "node:fs";
import { runCommand } from "./run-command.ts";

const timeoutMs = 60_000;
const examples = globSync("examples/*.ts").toSorted();
const failed: string[] = [];

for (const example of examples) {
  console.log(`\n${example}`);
  const outcome = await runCommand(process.execPath, ["--conditions=@anyqueue/source", example], { timeoutMs });
  if (outcome.status === "failed") {
    console.error(`${example} failed: ${outcome.reason}.`);
    failed.push(example);
  }
}

console.log(`\n${examples.length - failed.length} of ${examples.length} examples ran.`);
process.exitCode = failed.length === 0 ? 0 : 1;
