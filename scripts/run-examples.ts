// Runs every examples/*.ts on source, one after the other; each must end well within a minute. One that needs Postgres is
// given a database of its own as DATABASE_URL, and left out where no server can be started.
import { globSync, readFileSync } from "node:fs";
import { Databases } from "./databases.ts";
import { runCommand } from "./run-command.ts";

const timeoutMs = 60_000;
const examples = globSync("examples/*.ts").toSorted();
const failed: string[] = [];
const skipped: string[] = [];
const databases = new Databases();

for (const example of examples) {
  console.log(`\n${example}`);
  const env: Record<string, string> = {};
  if (readFileSync(example, "utf8").includes("DATABASE_URL")) {
    try {
      env["DATABASE_URL"] = await databases.create();
    } catch (error) {
      console.log(`Left out, for want of a Postgres server. ${(error as Error).message}`);
      skipped.push(example);
      continue;
    }
  }
  const outcome = await runCommand(process.execPath, ["--conditions=@anyqueue/source", example], { timeoutMs, env });
  if (outcome.status === "failed") {
    console.error(`${example} failed: ${outcome.reason}.`);
    failed.push(example);
  }
}

await databases.dispose();
const leftOut = skipped.length === 0 ? "" : `, ${skipped.length} left out`;
console.log(`\n${examples.length - failed.length - skipped.length} of ${examples.length} examples ran${leftOut}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
