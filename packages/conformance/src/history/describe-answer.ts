import type {
  AppendOutcome,
  CasOutcome,
  EventPage,
  Found,
  InsertOutcome,
  Job,
  JobEvent,
  LaneStatus,
  Page,
  PollResult,
} from "@anyqueue/api";
import { brief, listed, moment } from "./brief.ts";
import type { Call } from "./call.ts";

/** What a verb answered, in a few words. Times are told from `base`. */
export function describeAnswer({ verb, answer }: Call, base: number): string {
  const given = answer as never;
  switch (verb) {
    case "insert":
      return outcomes((given as readonly InsertOutcome[]).map(insertText));
    case "poll":
      return pollText(given, base);
    case "cas":
      return outcomes((given as readonly CasOutcome[]).map(casText));
    case "get":
      return listed((given as readonly Found[]).map((job) => (job === null ? "null" : jobText(job))));
    case "list":
      return pageText((given as Page<Job>).items.map(jobText), (given as Page<Job>).after);
    case "append":
      return outcomes((given as readonly AppendOutcome[]).map(({ status }) => status));
    case "events":
      return pageText((given as EventPage).items.map(eventText), undefined);
    case "lanes":
      return listed((given as readonly LaneStatus[]).map(laneText)) || "none";
    case "remove":
      return brief(given);
    default:
      return "done";
  }
}

function insertText(outcome: InsertOutcome): string {
  if (outcome.status !== "existing") return outcome.status;
  const { job } = outcome;
  return `existing ${outcome.id} (by ${outcome.by}; ${job.state}, payload ${brief(job.payload, 40)}, version ${job.version})`;
}

function pollText({ jobs, expired, nextDueAt, after }: PollResult, base: number): string {
  const parts = [
    `[${listed(jobs.map(takenText))}]`,
    ...(expired.length === 0 ? [] : [`expired [${listed(expired.map(takenText))}]`]),
    ...(nextDueAt === null ? [] : [`next due ${moment(nextDueAt, base)}`]),
    ...(after === undefined ? [] : ["more to look at"]),
  ];
  return parts.join(", ");
}

/** What a poll took: its state only where it is not the usual one. */
function takenText({ id, state, token, lease }: Job): string {
  const parts = [...(state === "active" ? [] : [state]), ...(lease ? [`token ${token}`] : [])];
  return parts.length === 0 ? id : `${id} (${parts.join(", ")})`;
}

function casText(outcome: CasOutcome): string {
  switch (outcome.status) {
    case "missing":
      return "missing";
    case "duplicate":
      return `duplicate of ${outcome.id}`;
    case "ok": {
      const { version, cancelRequested, spawned = [] } = outcome;
      const asked = cancelRequested ? ", cancel requested" : "";
      const born = spawned.length > 0 ? `, spawned ${listed(spawned)}` : "";
      return `ok (version ${version}${asked}${born})`;
    }
    default:
      return `${outcome.status} (${outcome.state}, token ${outcome.token}, version ${outcome.version})`;
  }
}

function jobText({ id, state, token, version, lease }: Job): string {
  const held = lease ? `, token ${token} of ${JSON.stringify(lease.holder)}` : "";
  return `${id} (${state}${held}, version ${version})`;
}

function eventText({ id, kind, from, to, data, error }: JobEvent): string {
  if (kind === "moved") return `${id} ${from ?? "?"} → ${to ?? "?"}`;
  if (kind === "inserted") return `${id} inserted`;
  return kind === "failed" ? `${id} failed ${brief(error?.message, 40)}` : `${id} ${brief(data, 40)}`;
}

function laneText({ lane, settings, counts }: LaneStatus): string {
  const set = Object.keys(settings).length === 0 ? "" : ` ${brief(settings)}`;
  return `${lane} ${brief(counts)}${set}`;
}

function pageText(items: readonly string[], after: string | undefined): string {
  return `[${listed(items)}]${after === undefined ? "" : ", more behind it"}`;
}

/** One word where all of them are the same. */
function outcomes(texts: readonly string[]): string {
  const [first = "nothing"] = texts;
  return texts.length > 1 && texts.every((text) => text === first) ? `all ${texts.length} ${first}` : listed(texts);
}
