import type { ChangePlan, JobPlan, Step } from "./step.ts";

/** What can be left out of a step so that it still is one, one thing at a time. */
export function simplerVersions(step: Step): Step[] {
  const { wait, by } = step;
  const simpler = (Array.isArray(by) ? [] : [...inside(step)]).map((deed) => ({ ...step, ...deed }) as Step);
  if (by !== "a") simpler.push({ ...step, by: "a" });
  if (wait !== undefined && wait !== 0) simpler.push(without(step, "wait") as Step);
  return simpler;
}

function* inside(step: Step): Generator<object> {
  switch (step.verb) {
    case "insert":
      for (const jobs of shorter(step.jobs, simplerJobs)) yield { jobs };
      if (step.allOrNone) yield { allOrNone: undefined };
      return;
    case "cas":
      for (const changes of shorter(step.changes, simplerChanges)) yield { changes };
      return;
    case "poll":
      for (const request of withoutEach(step.request, ["types", "where", "order", "expired"])) yield { request };
      for (const field of ["lanes", "ids", "types"] as const) {
        for (const items of shorter<unknown>(step.request[field] ?? []))
          yield { request: { ...step.request, [field]: items } };
      }
      return;
    case "list":
      for (const query of withoutEach(step.query, ["lanes", "states", "types", "group", "where", "order"]))
        yield { query };
      return;
    case "get":
      for (const ids of shorter(step.ids)) yield { ids };
      return;
    case "remove":
      if ("ids" in step.query) for (const ids of shorter(step.query.ids)) yield { query: { ids } };
      return;
    case "append":
      for (const entries of shorter(step.entries)) yield { entries };
      return;
    case "events":
      for (const query of withoutEach(step.query, ["id", "kinds"])) yield { query };
      return;
    case "configure":
      for (const settings of withoutEach(step.settings, Object.keys(step.settings))) yield { settings };
      return;
    default:
  }
}

/** A list of at least one without each of its items, and with each of them simpler. */
function* shorter<T>(items: readonly T[], simplerItems: (item: T) => Iterable<T> = () => []): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i++) {
    if (items.length > 1) yield items.toSpliced(i, 1);
    for (const simpler of simplerItems(items[i] as T)) yield items.with(i, simpler);
  }
}

function* simplerJobs(job: JobPlan): Generator<JobPlan> {
  for (const field of Object.keys(job)) {
    if (field === "id" || field === "onParent") continue;
    yield without(field === "dependsOn" ? without(job, "onParent") : job, field) as JobPlan;
  }
  for (const dependsOn of shorter(job.dependsOn ?? [])) yield { ...job, dependsOn };
}

function* simplerChanges(change: ChangePlan): Generator<ChangePlan> {
  yield* withoutEach(change, ["event", "spawn"]);
  const named = ["state", "token", "version"].filter((field) => field in change.expect);
  const spare = named.length > 1 ? [...named, "where"] : ["where"];
  for (const expect of withoutEach(change.expect, spare)) yield { ...change, expect };
  // A result goes with a state, and `active` with a lease.
  const fields = Object.keys(change.set).filter((field) => field !== "state" && field !== "leaseMs");
  for (const set of withoutEach(change.set, fields)) yield { ...change, set };
  for (const spawn of shorter(change.spawn ?? [], simplerJobs)) yield { ...change, spawn };
}

function* withoutEach<T extends object>(object: T, fields: readonly string[]): Generator<T> {
  for (const field of fields) if (Object.hasOwn(object, field)) yield without(object, field) as T;
}

function without(object: object, field: string): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}
