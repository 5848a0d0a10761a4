// Checks what docs/writing-an-adapter.md says of the order of work: after each step of its table the promises that it
// names are kept by an adapter that has only that much. That one is the page's own, with the rest taken away again.
import { readFileSync } from "node:fs";
import { type Adapter, type LaneSettings, type NewJob, QueueError } from "@anyqueue/api";
import { cases, type Fixture, runStandalone } from "@anyqueue/conformance";
import { NodeSqliteAdapter } from "../examples/custom-adapter/node-sqlite-adapter.ts";

const VERBS = "open close insert poll cas get list remove append events lanes configure subscribe".split(" ");
const JOB_FIELDS = ["unique", "orderingKey", "dependsOn"];
const SETTINGS = ["capacity", "concurrency", "rate", "order", "keyConcurrency"];

const page = readFileSync("docs/writing-an-adapter.md", "utf8");
const [, section = ""] = page.split("## The order of work\n");
const [table = ""] = section.split("\n## ");
const rows = (table.match(/^\| \d.*$/gm) ?? []).map((row) => {
  const [, , write = "", kept = ""] = row.split("|");
  return {
    written: Array.from(write.matchAll(/`(\w+)`/g), ([, name = ""]) => name),
    promises: kept.match(/P\d+a?/g) ?? [],
  };
});
const everything = [...VERBS, ...JOB_FIELDS, ...SETTINGS];

const written = new Set<string>();
let looked = 0;
let problems = 0;
for (const [i, row] of rows.entries()) {
  for (const name of row.written) written.add(name);
  // What is claimed beyond a new store is for examples/custom-adapter.ts to show.
  if (row.promises.length === 0 || row.written.length === 0) continue;
  looked += row.promises.length;
  const report = await runStandalone(fixtureOf(written), { only: row.promises, seed: 1, time: "3s" });
  const isWhole = everything.every((name) => written.has(name));
  for (const { promise, title, outcome, reason } of report.cases) {
    if (outcome !== "failed" || (isRandom(promise, title) && !isWhole)) continue;
    problems += 1;
    console.error(`Step ${i + 1} does not yet keep ${promise}: ${title}: ${reason}`);
  }
}
for (const name of everything) {
  if (written.has(name)) continue;
  problems += 1;
  console.error(`No step writes \`${name}\`.`);
}
console.log(`${rows.length} steps of work, ${looked} promises looked at on the way, ${problems} problems.`);
process.exit(problems === 0 && looked > 0 ? 0 : 1);

/** Random cases call whatever there is, so they may fail until all of it is written. */
function isRandom(promise: string, title: string): boolean {
  return cases.some((each) => each.isOpenEnded === true && each.promise === promise && each.title === title);
}

/** An adapter as it is after some steps, on a store that claims no more than a new one does. */
function fixtureOf(done: ReadonlySet<string>): Fixture {
  return { name: "half written", open: () => halfWritten(new NodeSqliteAdapter({ path: ":memory:" }), new Set(done)) };
}

function halfWritten(adapter: Adapter, done: ReadonlySet<string>): Adapter {
  const half: Adapter = {
    name: adapter.name,
    capabilities: Object.freeze({ ...adapter.capabilities, durability: "none", scope: "process" }),
    open: () => adapter.open(),
    close: () => adapter.close(),
    insert: (jobs, at) => adapter.insert(jobs.map(plain), at),
    poll: (request) => adapter.poll(request),
    cas: (changes, at) =>
      adapter.cas(
        changes.map((change) => ({ ...change, ...(change.spawn && { spawn: change.spawn.map(plain) }) })),
        at,
      ),
    get: (ids) => adapter.get(ids),
    list: (query) => adapter.list(query),
    remove: (query) => adapter.remove(query),
    append: (entries, at) => adapter.append(entries, at),
    events: (query) => adapter.events(query),
    lanes: (query) => adapter.lanes(query),
    configure: (lane, settings) => adapter.configure(lane, without(settings, SETTINGS) as LaneSettings),
    subscribe: (wake) => adapter.subscribe(wake),
  };
  const missing = VERBS.filter((verb) => !done.has(verb));
  return Object.assign(half, Object.fromEntries(missing.map((verb) => [verb, () => refuse(verb)])));

  /** A job of which the adapter does not see yet what it cannot do yet. */
  function plain(job: NewJob): NewJob {
    return without(job, JOB_FIELDS) as NewJob;
  }

  function without(fields: object, optional: readonly string[]): object {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => !optional.includes(name) || done.has(name)));
  }
}

async function refuse(verb: string): Promise<never> {
  throw new QueueError("UNSUPPORTED", `\`${verb}\` is not written yet.`);
}
