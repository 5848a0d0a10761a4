// Runs `anyqueue demo` on SQLite again and again while any of its workers is killed at any time, and lets `sha256sum -c`
// verify every output: nothing may be lost, and nothing may come out twice.
//
//   node --conditions=@anyqueue/source examples/kill-storm.ts --runs 20 --files 3000
//
// Without options it is the short form that CI runs.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));

const { values } = parseArgs({
  options: { runs: { type: "string", default: "3" }, files: { type: "string", default: "1000" } },
});
const runs = Number(values.runs);
const files = Number(values.files);
if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(files) && files > 0)) {
  throw new Error("--runs and --files take whole numbers above 0.");
}

interface Report {
  readonly files: number;
  readonly completed: number;
  readonly attempts: number;
  readonly rescued: number;
  readonly kills: number;
  readonly seconds: { readonly work: number };
}

const folder = await mkdtemp(join(tmpdir(), "kill-storm-"));
try {
  await makeFiles();
  const totals = { kills: 0, rescued: 0, attempts: 0 };
  let losses = 0;
  for (let i = 1; i <= runs; i++) {
    const problem = await storm(i, totals);
    if (problem === undefined) continue;
    losses++;
    console.error(`run ${i}: ${problem}`);
  }
  const { kills, rescued, attempts } = totals;
  console.log(
    `${runs} runs of ${files} files: ${kills} kills, ${attempts} attempts, ${rescued} jobs rescued; ${losses} runs with a loss.`,
  );
  process.exitCode = losses === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Small and larger files in folders of 100, so that a kill can hit a worker at whatever it does. */
async function makeFiles(): Promise<void> {
  for (let i = 0; i < files; i++) {
    const place = join(folder, "files", String(Math.floor(i / 100)));
    if (i % 100 === 0) await mkdir(place, { recursive: true });
    await writeFile(join(place, `${i}.bin`), randomBytes(i % 100 === 0 ? 5_000_000 : (i * 997) % 200_000));
  }
}

/** One run. Answers what went wrong. */
async function storm(
  number: number,
  totals: { kills: number; rescued: number; attempts: number },
): Promise<string | undefined> {
  const dir = join(folder, "files");
  const out = join(folder, `sums-${number}`);
  const options = ["demo", "--json", "--dir", dir, "--out", out, "--workers", "3", "--kills", "random"];
  try {
    const { stdout } = await run(process.execPath, [...process.execArgv, cli, ...options]);
    const report = JSON.parse(stdout) as Report;
    totals.kills += report.kills;
    totals.rescued += report.rescued;
    totals.attempts += report.attempts;
    const lines = (await readFile(out, "utf8")).trimEnd().split("\n");
    const distinct = new Set(lines.map((line) => line.slice(66))).size;
    if (lines.length !== files || distinct !== files) return `${lines.length} lines, ${distinct} distinct files.`;
    await run("sha256sum", ["--check", "--strict", "--quiet", out], { cwd: dir });
    console.log(
      `run ${number}: ${report.completed} of ${report.files} files in ${report.seconds.work} s, ` +
        `${report.kills} kills, ${report.attempts} attempts, ${report.rescued} rescued, verified.`,
    );
    return undefined;
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return [message, stdout, stderr].filter(Boolean).join("\n");
  }
}
