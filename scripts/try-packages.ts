// Does what somebody outside does with what npm would publish: installs it, packed, beside an adapter for a store that is
// not ours, and lets the command of the package run the conformance suite on it. Needs the build, and a package registry.
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { type Outcome, runCommand } from "./run-command.ts";

const EXAMPLE = "examples/adapter-pglite";

const folder = mkdtempSync(join(tmpdir(), "anyqueue-outside-"));
try {
  await tryPackages();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function tryPackages(): Promise<void> {
  const packages = globSync(["packages/*/package.json", "bench/package.json"])
    .filter((manifest) => !readFileSync(manifest, "utf8").includes('"private": true'))
    .map((manifest) => resolve(dirname(manifest)));
  const packed = join(folder, "packed");
  mkdirSync(packed);
  const pack = ["pack", ...packages, "--pack-destination", packed, "--ignore-scripts", "--silent"];
  await step("npm pack", runCommand("npm", pack));

  const cwd = join(folder, "adapter");
  cpSync(EXAMPLE, cwd, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
  const quietly = ["--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error"];
  const install = runCommand("npm", ["install", ...quietly, ...globSync(join(packed, "*.tgz"))], { cwd });
  await step("npm install (is there a package registry?)", install);
  await step("tsc", runCommand(resolve("node_modules/.bin/tsc"), ["-p", "."], { cwd }));
  const conformance = ["anyqueue", "conformance", "./fixture.ts", "--time", "5s"];
  // The Node.js that runs this, whichever the machine has.
  const env = { PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) };
  await tryScaffold(cwd, env);
  await step("The conformance suite", runCommand("npx", conformance, { cwd, env, timeoutMs: 1_200_000 }));
}

/** Begins an adapter as the tutorial does: its types are sound, and it is red at once. */
async function tryScaffold(cwd: string, env: { readonly PATH: string }): Promise<void> {
  const scaffold = ["anyqueue", "new-adapter", "ink", "--dir", "scaffold"];
  await step("anyqueue new-adapter", runCommand("npx", scaffold, { cwd, env }));
  const types = ["-p", "scaffold/tsconfig.build.json", "--noEmit"];
  await step("tsc of the new adapter", runCommand(resolve("node_modules/.bin/tsc"), types, { cwd }));
  const suite = await runCommand("npx", ["anyqueue", "conformance", "scaffold/test/fixture.ts"], { cwd, env });
  if (suite.status === "ok") throw new Error("An adapter that is not written yet passes the suite.");
}

async function step(name: string, outcome: Promise<Outcome>): Promise<void> {
  const startedAt = performance.now();
  const ended = await outcome;
  if (ended.status === "failed") throw new Error(`${name} failed: ${ended.reason}.`);
  console.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
