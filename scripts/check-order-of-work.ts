// Checks what docs/writing-an-adapter.md says of the order of work: after each step of its table the promises that it
// names are kept by an adapter that has only that much. That one is the page's own, with the rest taken away again.
import { readFileSync } from "node:fs";
import { type Adapter, QueueError } from "@anyqueue/api";
import type { Rows } from "@anyqueue/api/step";
import { type Fixture, runStandalone } from "@anyqueue/conformance";
import { NodeSqliteAdapter } from "../examples/custom-adapter/node-sqlite-adapter.ts";
import { SqliteRows } from "../examples/custom-adapter/sqlite-rows.ts";

/** What a new adapter has yet to write: its other verbs, and questions, are there from the beginning. */
const VERBS = ["open", "close", "get", "list", "events", "lanes", "subscribe"] as const satisfies (keyof Adapter)[];
const GIVEN = ["save", "log", "tell"] as const satisfies (keyof Rows)[];
/** Asked by the way, so in a new adapter they answer nothing. */
const EMPTY: readonly string[] = ["linesOf", "waitingFor", "waitingBehind"] satisfies (keyof Rows)[];
const QUESTIONS = (readFileSync("packages/api/src/step/rows.ts", "utf8").match(/(?<=^ {2})\w+(?=\()/gm) ?? []).filter(
  (name) => !GIVEN.some((given) => given === name),
);

const page = readFileSync("docs/writing-an-adapter.md", "utf8");
const [, section = ""] = page.split("## The order of work\n");
const [table = ""] = section.split("\n## ");
const steps = (table.match(/^\| \d.*$/gm) ?? []).map((row) => {
  const [, , verbs = "", questions = "", kept = ""] = row.split("|");
  return { verbs: namesIn(verbs), questions: namesIn(questions), promises: kept.match(/P\d+a?/g) ?? [] };
});

const whole = Object.getOwnPropertyDescriptors(SqliteRows.prototype) as Record<string, PropertyDescriptor>;
const verbs = new Set<string>();
const questions = new Set<string>();
let looked = 0;
let problems = 0;
for (const [i, step] of steps.entries()) {
  for (const name of step.verbs) verbs.add(name);
  for (const name of step.questions) questions.add(name);
  // What is claimed beyond a new store is for examples/custom-adapter.ts to show.
  if (step.promises.length === 0 || step.verbs.length + step.questions.length === 0) continue;
  looked += step.promises.length;
  takeAwayQuestions();
  const report = await runStandalone(fixture(), { only: step.promises, seed: 1, time: "3s" });
  const isWhole = unwritten().length === 0;
  for (const { promise, title, outcome, reason, isOpenEnded = false } of report.cases) {
    // Random cases call whatever there is, so they may fail until all of it is written.
    if (outcome !== "failed" || (isOpenEnded && !isWhole)) continue;
    problems += 1;
    console.error(`Step ${i + 1} does not yet keep ${promise}: ${title}: ${reason}`);
  }
}
for (const name of unwritten()) {
  problems += 1;
  console.error(`No step writes \`${name}\`.`);
}
console.log(`${steps.length} steps of work, ${looked} promises looked at on the way, ${problems} problems.`);
process.exit(problems === 0 && looked > 0 ? 0 : 1);

function namesIn(cell: string): string[] {
  return Array.from(cell.matchAll(/`(\w+)`/g), ([, name = ""]) => name);
}

function unwritten(): string[] {
  return [...VERBS.filter((verb) => !verbs.has(verb)), ...QUESTIONS.filter((name) => !questions.has(name))];
}

/** A new adapter's rows answer what is written by now; `#step` makes none but these. */
function takeAwayQuestions(): void {
  for (const name of QUESTIONS) {
    const value = EMPTY.includes(name) ? () => [] : () => refuse(name);
    const written = questions.has(name) && whole[name];
    Object.defineProperty(SqliteRows.prototype, name, written || { value, configurable: true });
  }
}

/** An adapter as it is after some steps, on a store that claims no more than a new one does. */
function fixture(): Fixture {
  return { name: "half written", open: () => halfWritten(new NodeSqliteAdapter({ path: ":memory:" })) };
}

function halfWritten(adapter: Adapter): Adapter {
  const half: Adapter = {
    name: adapter.name,
    capabilities: Object.freeze({ ...adapter.capabilities, durability: "none", scope: "process" }),
    open: () => adapter.open(),
    close: () => adapter.close(),
    insert: (jobs, at) => adapter.insert(jobs, at),
    poll: (request) => adapter.poll(request),
    cas: (changes, at) => adapter.cas(changes, at),
    get: (ids) => adapter.get(ids),
    list: (query) => adapter.list(query),
    remove: (query) => adapter.remove(query),
    append: (entries, at) => adapter.append(entries, at),
    events: (query) => adapter.events(query),
    lanes: (query) => adapter.lanes(query),
    configure: (lane, settings) => adapter.configure(lane, settings),
    subscribe: (wake) => adapter.subscribe(wake),
  };
  const missing = VERBS.filter((verb) => !verbs.has(verb));
  // As a verb does: a promise that is refused.
  return Object.assign(half, Object.fromEntries(missing.map((verb) => [verb, async () => refuse(verb)])));
}

function refuse(name: string): never {
  throw new QueueError("UNSUPPORTED", `\`${name}\` is not written yet.`);
}
