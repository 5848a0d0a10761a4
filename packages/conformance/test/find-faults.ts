// `npm run faults [-- P6 P13 …]`: runs the faults against the cases of their promises, keeps what was seen in
// faulty/record.json and FAULTS.md, and prints what nobody finds and who finds nothing. Only the promises named are run
// anew. A slow case is tried only on what no quick one finds, and until it has found one fault; with --all, on all.
// With --new, just what was not found before is looked for, and just those cases are tried on all that found nothing.
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Case } from "../src/case.ts";
import { choose, type Finding } from "./faulty/choosing-proofs.ts";
import type { Fault } from "./faulty/fault.ts";
import { faults } from "./faulty/index.ts";
import { look, type Looked, Looker, type Task } from "./faulty/looking.ts";
import { casesFor, provableCases } from "./faulty/proving.ts";
import { type FaultRecord, findersOf, readRecord, recordPath, unproven } from "./faulty/record.ts";
import { renderFaults } from "./faulty/report.ts";

/** What was found, by fault. */
type Findings = Map<Fault, readonly Finding[]>;

/** A case that takes more processor time than this on the right adapter, in milliseconds, is slow. */
const SLOW = 120;

if (process.argv[2] === "worker") {
  // What a faulty adapter leaves behind in the background says nothing.
  process.on("unhandledRejection", () => {});
  process.on("message", (task: Task) => void look(task).then((looked) => process.send?.(looked)));
} else {
  const words = process.argv.slice(2);
  const only = words.filter((word) => word.startsWith("P"));
  process.exitCode = await main(only, words.includes("--all"), words.includes("--new"));
}

async function main(only: readonly string[], isWhole: boolean, isNewOnly: boolean): Promise<number> {
  const previous = readRecord();
  const meant = faults.filter(({ promise }) => only.length === 0 || only.includes(promise));
  const kept = new Map(meant.map((fault) => [fault, isNewOnly ? findersOf(previous, fault) : []]));
  const chosen = meant.filter((fault) => kept.get(fault)?.length === 0);
  const findings = await findAll(chosen, isWhole || isNewOnly);
  await findIdle(meant, [...kept.values()].flat(), findings);
  const found: Record<string, Record<string, readonly string[]>> = {};
  for (const fault of faults) {
    const { promise, name } = fault;
    const old = findings.has(fault) && !isNewOnly ? [] : (previous.found[promise]?.[name] ?? []);
    const titles = [...old, ...(findings.get(fault) ?? []).map(({ title }) => title)];
    const order = provableCases.filter((each) => each.promise === promise).map(({ title }) => title);
    (found[promise] ??= {})[name] = order.filter((title) => titles.includes(title));
  }
  const record: FaultRecord = { found, proofs: choose(found, previous.proofs, [...findings.values()].flat()) };
  await writeFile(recordPath, `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(new URL("../FAULTS.md", import.meta.url), renderFaults(record));
  const left = unproven(record, only);
  print(`${faults.length} faults, ${provableCases.length} cases, ${record.proofs.length} proofs`);
  for (const fault of left.faults) print(`NOBODY FINDS: ${fault}`);
  for (const subject of left.cases) print(`FINDS NOTHING: ${subject}`);
  return left.faults.length + left.cases.length > 0 ? 1 : 0;
}

/** What the cases find, by fault. */
async function findAll(chosen: readonly Fault[], isWhole: boolean): Promise<Findings> {
  const findings: Findings = new Map(chosen.map((fault) => [fault, []]));
  const subjects = [...new Set(chosen.flatMap(casesFor))];
  const slow = new Set<Case>(subjects.filter((subject) => subject.isOpenEnded));
  if (!isWhole) {
    const others = subjects.filter((subject) => !slow.has(subject));
    await share("right adapter", others, async (looker, subject) => {
      const looked = await looker.look({ fault: null, cases: [subject], isFirstEnough: false });
      if ((looked?.cpuMs ?? SLOW) >= SLOW) slow.add(subject);
      if (looked?.finds.length !== 0) print(`    THE RIGHT ADAPTER FAILS ${subject.promise} ${subject.title}`);
    });
  } else slow.clear();
  print(`${slow.size} of ${subjects.length} cases are slow`);

  await share("quick cases", chosen, async (looker, fault) => {
    const quick = casesFor(fault).filter((subject) => !slow.has(subject));
    note(findings, fault, await looker.look({ fault, cases: quick, isFirstEnough: false }));
  });
  const unfound = chosen.filter((fault) => findings.get(fault)?.length === 0);
  await share("slow cases on what no quick one finds", unfound, async (looker, fault) => {
    const cases = casesFor(fault).filter((subject) => slow.has(subject));
    note(findings, fault, await looker.look({ fault, cases, isFirstEnough: true }));
  });
  return findings;
}

/** Tries the cases that have found nothing yet until they do. */
async function findIdle(meant: readonly Fault[], known: readonly Case[], findings: Findings): Promise<void> {
  const titles = new Set([...findings.values()].flat().map(({ title }) => title));
  const idle = provableCases.filter(
    (subject) =>
      !known.includes(subject) &&
      !titles.has(subject.title) &&
      meant.some((fault) => fault.promise === subject.promise),
  );
  await share("cases that found nothing", idle, async (looker, subject) => {
    for (const fault of meant.filter((each) => casesFor(each).includes(subject))) {
      const looked = await looker.look({ fault, cases: [subject], isFirstEnough: true });
      note(findings, fault, looked);
      if (looked?.finds.length === 1) return;
    }
  });
}

function note(findings: Findings, fault: Fault, looked: Looked | undefined): void {
  const { promise, name } = fault;
  for (const { title, ms, odd } of looked?.finds ?? []) {
    findings.set(fault, [...(findings.get(fault) ?? []), { promise, fault: name, title, ms }]);
    if (odd !== null) print(`    odd: ${promise} ${name}: ${title}: ${odd}`);
  }
  if (!looked) print(`    odd: ${promise} ${name} ended its process`);
}

/** Shares work out to other processes. */
async function share<T>(
  what: string,
  all: readonly T[],
  work: (looker: Looker, each: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  let done = 0;
  const run = async (): Promise<void> => {
    const looker = new Looker(fileURLToPath(import.meta.url));
    for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
      await work(looker, each);
      done += 1;
      if (done % 20 === 0) print(`${what}: ${done} of ${all.length}`);
    }
    looker.stop();
  };
  const count = Number(process.env["ANYQUEUE_FAULT_WORKERS"] ?? availableParallelism());
  await Promise.all(Array.from({ length: Math.min(count, all.length) }, run));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
