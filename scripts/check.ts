// Everything CI runs, in CI's order; stops at the first step that fails.
import { runCommand } from "./run-command.ts";

const steps = [
  { script: "format:check", purpose: "every file is formatted" },
  { script: "lint", purpose: "no lint warnings" },
  { script: "typecheck", purpose: "sources, tests, examples and scripts have sound types" },
  { script: "boundaries", purpose: "packages import only what they may" },
  { script: "knip", purpose: "no unused files, exports or dependencies" },
  { script: "build", purpose: "every package builds" },
  { script: "packaging", purpose: "what npm would publish works for users" },
  { script: "outside", purpose: "an adapter made elsewhere passes with the packages as npm would have them" },
  { script: "examples", purpose: "every example runs" },
  { script: "docs", purpose: "the documentation's code runs and its links lead somewhere" },
  { script: "bench:smoke", purpose: "the benchmark runs" },
];

// As in vitest.config.ts: the conformance suite, which some of them run, makes the same random choices each time.
process.env["ANYQUEUE_CONFORMANCE_SEED"] ??= "1";

for (const [index, { script, purpose }] of steps.entries()) {
  console.log(`\n=== ${index + 1}/${steps.length} ${script}: ${purpose}`);
  const startedAt = performance.now();
  const outcome = await runCommand("npm", ["run", "--silent", script]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (outcome.status === "failed") {
    console.error(
      `\ncheck failed at ${script} after ${seconds} s (${outcome.reason}). Run it alone: npm run ${script}`,
    );
    process.exit(1);
  }
  console.log(`--- ${script} ok, ${seconds} s`);
}
console.log("\nAll checks passed.");
