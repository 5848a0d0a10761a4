import type { PromiseNumber } from "../case.ts";
import type { Step } from "../model/step.ts";
import type { CaseReport } from "./report.ts";

/**
 * The cases, where what random calls found is told at the promise that it is about: each difference at one, however many
 * cases met it, whatever their own.
 */
export function tellFindings(reports: readonly CaseReport[]): CaseReport[] {
  const found = reports.filter((each) => each.outcome === "failed" && isByModel(each));
  const promises = new Map([...Map.groupBy(found, differenceIn)].map(([name, cases]) => [name, promiseOf(cases)]));
  return reports.map((each) => {
    const toldAt = isByModel(each) ? promises.get(differenceIn(each)) : undefined;
    return toldAt === undefined ? each : { ...each, toldAt };
  });
}

/** Whether a failed case is one that compares random calls with the model. */
export function isByModel({ script }: CaseReport): boolean {
  return script !== undefined;
}

/** What differs from the model, the same for cases that met the same: a job is wrong whichever verb shows it, other answers are each verb's own. */
export function differenceIn({ verb = "", field = "" }: Pick<CaseReport, "verb" | "field">): string {
  return field !== "" && SHOWING.has(verb) ? field : `${verb} ${field}`;
}

const SHOWING: ReadonlySet<string> = new Set(["poll", "get", "list"]);

/**
 * The promise that a difference is about: what the field says by itself, or else the rarest thing that all of the scripts
 * have. Each is as small as it can be, so what none of them does without, the fault needs.
 */
function promiseOf(cases: readonly CaseReport[]): PromiseNumber {
  const scripts = cases.map(({ script }) => (script as { readonly steps: readonly Step[] }).steps);
  const [{ verb = "", field = "" } = {}] = cases;
  if (verb === "events" && field !== "error") {
    const isOfStore = scripts.every((steps) => !wordsOf(steps.slice(-1)).has("id"));
    return isOfStore && (field === "events" || field === "again") ? "P23" : "P22";
  }
  const words = scripts.map(wordsOf);
  const isCommon = (word: string): boolean => words.every((some) => some.has(word));
  const told = BY_FIELD[field] ?? BY_WORD.find(([word]) => isCommon(word))?.[1] ?? BY_VERB[verb];
  if (told !== undefined) return told;
  // Which jobs, and in which order; else what has become of one.
  if (field === "" || PLACES.has(field)) return "P7";
  return isCommon("cas") ? "P12" : isCommon("poll") ? "P6" : "P2";
}

/** What a field of an answer is about, whatever led to it. */
const BY_FIELD: Readonly<Record<string, PromiseNumber>> = {
  nextDueAt: "P10",
  now: "P10",
  token: "P13",
  expired: "P15",
  error: "P16",
  spawned: "P13a",
  cancelRequested: "P21",
  settings: "P19",
  keep: "P26",
  payload: "P2",
  type: "P2",
  group: "P2",
  backoff: "P2",
  timeoutMs: "P2",
  maxAttempts: "P2",
};

/** What a verb or a field in a call is about, the rarest first. */
const BY_WORD: readonly (readonly [word: string, promise: PromiseNumber])[] = [
  ["append", "P22"],
  ["remove", "P26"],
  ["keep", "P26"],
  ["reopen", "P1"],
  ["spawn", "P13a"],
  ["dependsOn", "P20"],
  ["unique", "P17"],
  ["orderingKey", "P18"],
  ["keyConcurrency", "P18"],
  ["configure", "P19"],
  ["expired", "P15"],
  ["cancel", "P21"],
  ["where", "P9"],
  ["types", "P9"],
  ["to", "P11"],
  ["from", "P11"],
];

/** What the answer of a verb is about that does not show jobs, where nothing else says it. */
const BY_VERB: Readonly<Record<string, PromiseNumber>> = { insert: "P3", cas: "P12", lanes: "P19" };

const PLACES: ReadonlySet<string> = new Set(["id", "jobs", "hasMore", "isCutShort"]);

/** The verbs of a script and the fields in its calls, without those of a user's own data. */
function wordsOf(steps: readonly Step[]): Set<string> {
  const words = new Set<string>(steps.map(({ verb }) => verb));
  JSON.stringify(steps, (word, value: unknown) => {
    words.add(word);
    return OWN_DATA.has(word) ? null : value;
  });
  return words;
}

const OWN_DATA: ReadonlySet<string> = new Set(["payload", "progress", "result", "event", "error", "where"]);
