import type {
  At,
  Change,
  EventQuery,
  JobQuery,
  LaneShare,
  NewEvent,
  NewJob,
  PollRequest,
  RemoveQuery,
} from "@anyqueue/api";
import { brief, duration, listed, moment } from "./brief.ts";
import type { Call } from "./call.ts";

/** What a job is unless it says otherwise; such fields are not worth a word. */
const USUAL: Readonly<Record<string, unknown>> = {
  type: "work.do",
  state: "waiting",
  payload: null,
  priority: 512,
  maxAttempts: 3,
};

/** Fields that hold any JSON, in which text has to be told from other values. */
const JSON_FIELDS = new Set(["payload", "progress"]);

/** The verb and what was asked, without the client and the answer. Times are told from `base`. */
export function describeRequest({ verb, request }: Call, base: number): string {
  const [first, at] = request as [never, (At | undefined)?];
  switch (verb) {
    case "insert":
      return [
        `insert ${listed((first as readonly NewJob[]).map((job) => jobText(job, base)))}`,
        ...atText(at, base),
      ].join(" ");
    case "poll":
      return pollText(first, base);
    case "cas":
      return [
        `cas ${listed((first as readonly Change[]).map((change) => changeText(change, base)))}`,
        ...atText(at, base),
      ].join(" ");
    case "get":
      return `get ${listed(first as readonly string[])}`;
    case "list":
      return `list ${queryText(first as JobQuery, base)}`.trimEnd();
    case "remove":
      return removeText(first, base);
    case "append":
      return [`append ${listed((first as readonly NewEvent[]).map(entryText))}`, ...atText(at, base)].join(" ");
    case "events":
      return `events ${queryText(first as EventQuery, base)}`.trimEnd();
    case "lanes":
      return `lanes ${nowText((first as { now?: number } | undefined)?.now, base)}`.trimEnd();
    case "configure":
      return `configure ${first as string} ${brief(at)}`;
    default:
      return verb;
  }
}

function jobText(job: NewJob, base: number): string {
  const { id, lane: _, runAt, delayMs, ...rest } = job;
  const told = Object.entries(rest).filter(([field, value]) => value !== undefined && value !== USUAL[field]);
  const parts = [
    ...told.map(
      ([field, value]) => `${field}: ${typeof value === "string" && !JSON_FIELDS.has(field) ? value : brief(value)}`,
    ),
    ...(runAt === undefined ? [] : [`due ${moment(runAt, base)}`]),
    ...(delayMs === undefined ? [] : [`due in ${duration(delayMs)}`]),
  ];
  return parts.length === 0 ? id : `${id} {${parts.join(", ")}}`;
}

function pollText(request: PollRequest, base: number): string {
  const { lanes, ids, types, from, to, order, where, after, limit, expired, lease, now } = request;
  const parts = [
    ids ? `ids ${listed(ids)}` : lanes ? lanes.map(shareText).join(" ") : "every lane",
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(types ? [`types ${types.join(" ")}`] : []),
    ...(where ? [`where ${brief(where)}`] : []),
    ...(order ? [`order ${order}`] : []),
    ...(after === undefined ? [] : ["after the last"]),
    `limit ${limit}`,
    ...(expired === undefined ? [] : [`expired ${expired}`]),
    ...(lease ? [`lease ${duration(lease.ms)} as ${JSON.stringify(lease.holder)}`] : []),
  ];
  return [`poll ${parts.join(", ")}`, nowText(now, base)].join(" ").trimEnd();
}

function shareText(share: LaneShare): string {
  return typeof share === "string" ? share : `${share.lane}(${share.limit})`;
}

function changeText({ id, expect, set, event, spawn }: Change, base: number): string {
  const { state, leaseMs, runAt, delayMs, cancel, requeue, unique, ...rest } = set;
  const parts = [
    ...(state === undefined ? [] : [state]),
    ...(leaseMs === undefined ? [] : [`lease ${duration(leaseMs)}`]),
    ...(runAt === undefined ? [] : [`due ${moment(runAt, base)}`]),
    ...(delayMs === undefined ? [] : [`due in ${duration(delayMs)}`]),
    ...(cancel ? ["cancel"] : []),
    ...(requeue ? ["requeue"] : []),
    ...(unique === null ? ["give up its key"] : []),
    ...(Object.values(rest).some((value) => value !== undefined) ? [brief(rest)] : []),
    ...(event === undefined ? [] : [`event ${brief(event)}`]),
    ...(spawn ? [`spawn ${listed(spawn.map((job) => jobText(job, base)))}`] : []),
  ];
  return [id, brief(expect), parts.join(", ")].join(" ").trimEnd();
}

function entryText({ id, event, token }: NewEvent): string {
  return `${id} ${token === undefined ? "" : `{token: ${token}} `}${brief(event)}`;
}

function removeText(query: RemoveQuery, base: number): string {
  const { now, ...rest } = query;
  const what = "ids" in rest ? listed(rest.ids) : brief(rest);
  return [`remove ${what}`, nowText(now, base)].join(" ").trimEnd();
}

function queryText(query: JobQuery | EventQuery, base: number): string {
  const { limit, after, now, ...rest } = query as JobQuery;
  const parts = [
    ...Object.entries(rest).map(
      ([field, value]) => `${field} ${Array.isArray(value) ? value.join(" ") : brief(value)}`,
    ),
    ...(after === undefined ? [] : ["after the last"]),
    `limit ${limit}`,
  ];
  return [parts.join(", "), nowText(now, base)].join(" ").trimEnd();
}

function atText(at: At | undefined, base: number): string[] {
  if (at === undefined) return [];
  return [
    ...(at.allOrNone ? ["all or none"] : []),
    ...(at.maybeStored ? ["maybe stored"] : []),
    ...(at.tx === undefined ? [] : ["in a transaction"]),
    ...(at.now === undefined ? [] : [nowText(at.now, base)]),
  ];
}

function nowText(now: number | undefined, base: number): string {
  return now === undefined ? "" : `at ${moment(now, base)}`;
}
