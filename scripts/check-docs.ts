// Checks that the documentation is true as far as a program can tell: the TypeScript of each page, taken together, has
// sound types and runs; links lead somewhere; every error code has its heading; the README's first example is the file;
// what is quoted (```ts quote) stands in an example.
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Databases } from "./databases.ts";
import { runCommand } from "./run-command.ts";

/** Inside the repository, so that its packages are found from there. */
const folder = resolve("tmp/docs");
const pages = globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md", "packages/*/README.md"]).toSorted();
const problems: string[] = [];
const databases = new Databases();
/** A server as a page names it, up to the query of its URL. Pages with one run on an empty database of a real server. */
const POSTGRES = /postgres:\/\/\w[^\s"'`?]*/g;

checkFirstExample();
checkErrorCodes();
for (const page of pages) checkLinks(page);
for (const page of pages) checkQuotes(page);
await checkPrograms();
await checkOrderOfWork();

for (const problem of problems) console.error(problem);
console.log(`${pages.length} pages looked at, ${problems.length} problems.`);
process.exitCode = problems.length === 0 ? 0 : 1;

function checkFirstExample(): void {
  const [first] = blocksOf("README.md");
  if (first !== read("examples/first-example.ts")) {
    problems.push("README.md: its first example and examples/first-example.ts differ.");
  }
}

function checkErrorCodes(): void {
  const codes = /type ErrorCode =([^;]*);/.exec(read("packages/api/src/errors.ts"))?.[1]?.match(/[A-Z_]{2,}/g) ?? [];
  const headings = anchorsOf("docs/errors.md");
  for (const code of codes) {
    if (!headings.has(code.toLowerCase())) problems.push(`docs/errors.md: there is no heading for ${code}.`);
  }
}

function checkLinks(page: string): void {
  const text = read(page).replaceAll(/^```.*?^```/gms, "");
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (globSync(file).length === 0) problems.push(`${page}: ${target} leads nowhere.`);
    else if (anchor !== undefined && !anchorsOf(file).has(anchor))
      problems.push(`${page}: ${target} has no such heading.`);
  }
}

/** Looks for each quote, whatever its indentation, in the examples. */
function checkQuotes(page: string): void {
  const trimmed = (text: string): string => text.replaceAll(/^ +/gm, "").trim();
  const examples = globSync("examples/**/*.ts").map((path) => trimmed(read(path)));
  for (const [, quote = ""] of read(page).matchAll(/^ *```ts quote\n(.*?)^ *```$/gms)) {
    if (examples.some((text) => text.includes(trimmed(quote)))) continue;
    problems.push(`${page}: no example has these lines:\n${quote}`);
  }
}

async function checkPrograms(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const programs = pages.flatMap((page) => writeProgram(page));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        noEmit: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
        customConditions: ["@anyqueue/source"],
      },
      include: ["."],
    }),
  );
  const types = await runCommand("node_modules/.bin/tsc", ["-p", folder]);
  if (types.status === "failed") problems.push("The types of the documentation's code are not sound; see above.");
  for (const { page, path } of programs) {
    if (!(await giveDatabase(page, path))) continue;
    const cwd = mkdtempSync(join(tmpdir(), "anyqueue-docs-"));
    const outcome = await runCommand(process.execPath, ["--conditions=@anyqueue/source", path], {
      cwd,
      timeoutMs: 60_000,
    });
    rmSync(cwd, { recursive: true, force: true });
    if (outcome.status === "failed") problems.push(`${page}: its code failed: ${outcome.reason}.`);
  }
  rmSync(folder, { recursive: true, force: true });
  await databases.dispose();
}

/** In a process of its own, since it needs the packages' sources. */
async function checkOrderOfWork(): Promise<void> {
  const script = "scripts/check-order-of-work.ts";
  const outcome = await runCommand(process.execPath, ["--conditions=@anyqueue/source", script], { timeoutMs: 300_000 });
  if (outcome.status === "failed") problems.push(`docs/writing-an-adapter.md: its order of work: ${outcome.reason}.`);
}

/** Whether the program has what it needs to run. */
async function giveDatabase(page: string, path: string): Promise<boolean> {
  const code = read(path);
  if (code.search(POSTGRES) < 0) return true;
  try {
    writeFileSync(path, code.replaceAll(POSTGRES, await databases.create()));
    return true;
  } catch (error) {
    console.log(`${page}: only its types were checked, for want of a Postgres server. ${(error as Error).message}`);
    return false;
  }
}

/** All blocks of a page one after the other, as a reader would paste them. */
function writeProgram(page: string): { page: string; path: string }[] {
  const code = blocksOf(page).join("\n");
  if (code === "") return [];
  const path = join(folder, `${page.replaceAll(/[/.]/g, "-")}.ts`);
  writeFileSync(path, code);
  return [{ page, path }];
}

/** Blocks marked `ts`, but not those marked `ts no-run`, which are pieces of something larger. */
function blocksOf(page: string): string[] {
  return Array.from(read(page).matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code);
}

function anchorsOf(page: string): ReadonlySet<string> {
  const headings = Array.from(read(page).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
