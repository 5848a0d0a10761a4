import { asPredicate, type Where } from "../check/check-predicate.ts";
import { ListSchema, PollSchema } from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import { isCustom, isTerminal } from "../contract/names.ts";
import type { PollRequest } from "../contract/poll.ts";
import type { Predicate } from "../contract/predicate.ts";
import type { JobQuery } from "../contract/query.ts";
import { QueueError } from "../errors.ts";

/** A poll as it is handed to `Store.poll`; a bare scalar in a predicate stands for `{ eq }`. */
export type PollInput = Omit<PollRequest, "where"> & { readonly where?: Where };

/** A list query as it is handed to `Store.list`. */
export type ListInput = Omit<JobQuery, "where"> & { readonly where?: Where };

const validatePoll = validator(PollSchema);
const validateList = validator(ListSchema);

/** Checks a poll. @throws QueueError `INVALID` naming the field. */
export function checkPoll(input: PollInput): PollRequest {
  const request = dense(input, ["lanes", "types", "ids"]);
  validatePoll(request, "Cannot poll");
  const { from = "waiting", to = "active", lease, expired, order, ids, lanes } = request;
  const refuse = (what: string): never => {
    throw new QueueError("INVALID", `Cannot poll: ${what}`);
  };
  if (isTerminal(from)) refuse(`\`from\` cannot be \`${from}\`, which is final.`);
  if (from === "active" || from === "blocked") refuse(`\`from\` cannot be \`${from}\`.`);
  if (to === "active" && !lease && request.limit > 0)
    refuse("to become `active` a job needs a `lease` { ms, holder }.");
  if (isTerminal(to) && lease) refuse(`\`${to}\` takes no \`lease\`, since it ends the job.`);
  if (to === "blocked") refuse("a job becomes `blocked` by `dependsOn` only.");
  if (expired !== undefined && expired > 0 && !lease)
    refuse("`expired` needs a `lease` { ms, holder } to take jobs over with.");
  if (order === "touched" && !isCustom(from))
    refuse(`\`order: "touched"\` is for states of your own, not \`${from}\`.`);
  if (ids && lanes) refuse("give `ids` or `lanes`, not both; an id names its lane.");
  return withPredicate(request);
}

/** Checks a list query. @throws QueueError `INVALID` naming the field. */
export function checkList(input: ListInput): JobQuery {
  const query = dense(input, ["lanes", "types", "states"]);
  validateList(query, "Cannot list");
  return withPredicate(query);
}

function withPredicate<T extends { where?: Where }>(input: T): Omit<T, "where"> & { where?: Predicate } {
  return input.where === undefined
    ? (input as T & { where?: Predicate })
    : { ...input, where: asPredicate(input.where, "where") };
}

/** A copy, with the holes of its lists as the `undefined` that they read as; a schema passes over them. */
function dense<T extends PollInput | ListInput>(input: T, fields: readonly (string & keyof T)[]): T {
  if (typeof input !== "object" || input === null) return input;
  const copy = { ...input };
  for (const field of fields) if (Array.isArray(copy[field])) copy[field] = Array.from(copy[field]) as never;
  return copy;
}
