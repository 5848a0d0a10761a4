// Checks each publishable package as users would get it: publint reads the manifest, attw resolves the packed types.
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { runCommand } from "./run-command.ts";

const publishable = globSync(["packages/*/package.json", "bench/package.json"])
  .filter((manifest) => !readFileSync(manifest, "utf8").includes('"private": true'))
  .map((manifest) => dirname(manifest))
  .toSorted();

let failures = 0;
for (const folder of publishable) {
  console.log(`\n${folder}`);
  const checks = [
    ["publint", folder, "--strict"],
    ["attw", "--pack", folder, "--profile", "esm-only", "--format", "ascii", "--no-summary"],
  ] as const;
  for (const [command, ...args] of checks) {
    const outcome = await runCommand(command, args);
    if (outcome.status === "failed") {
      console.error(`${command} found a problem in ${folder} (${outcome.reason}).`);
      failures += 1;
    }
  }
}
process.exitCode = failures === 0 ? 0 : 1;
